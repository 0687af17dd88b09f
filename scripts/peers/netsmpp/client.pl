#!/usr/bin/env perl
# An SMPP client for the server's tests, built on Perl's Net::SMPP: binds, sends a message and receives its receipt; queries,
# replaces and cancels a message; uses submit_multi; unbinds.
#
#   client.pl '{"port": N, "system_id": "u", "password": "p", "destination": "45…"}'
#   stdin    unused; the alarm ends the program
#   stdout   one JSON line per event: bound, submitted, receipt, query, replace, cancel, multi, alive, unbound
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$SIG{ALRM} = sub { exit 1 };
alarm 60;
$SIG{__WARN__} = sub { };    # warnings about vendor parameters
$| = 1;
my $json    = JSON::PP->new->canonical;
my $options = $json->decode( $ARGV[0] );

sub report {
    my ( $event, %fields ) = @_;
    print $json->encode( { event => $event, %fields } ), "\n";
}

sub hex_of { unpack 'H*', $_[0] // '' }

my ( $smpp, $bound ) = Net::SMPP->new_transceiver(
    '127.0.0.1',
    port      => $options->{port},
    system_id => $options->{system_id},
    password  => $options->{password},
) or die 'no connection';
report( 'bound', status => $bound->{status}, system_id => $bound->{system_id}, version => hex_of( $bound->{sc_interface_version} ) );
exit if $bound->{status};

my %from_to = (
    source_addr_ton  => 5,
    source_addr_npi  => 0,
    source_addr      => 'Boltgram',
    dest_addr_ton    => 1,
    dest_addr_npi    => 1,
    destination_addr => $options->{destination},
);

# Asynchronous: the library drops a receipt that arrives while it waits for a response.
my $sequence = $smpp->submit_sm(
    %from_to,
    short_message       => 'hello from perl',
    registered_delivery => 1,
    user_message_reference => pack( 'n', 7 ),
    5121                => 300,                    # a vendor's own, 0x1401
    async               => 1,
);
my ( $answered, $received );
until ( $answered && $received ) {
    my $pdu = $smpp->read_pdu() or die 'connection lost';
    if ( $pdu->{cmd} == Net::SMPP::CMD_submit_sm_resp && $pdu->{seq} == $sequence ) {
        $answered = report( 'submitted', status => $pdu->{status}, id => $pdu->{message_id} );
    }
    elsif ( $pdu->{cmd} == Net::SMPP::CMD_deliver_sm ) {
        $smpp->deliver_sm_resp( message_id => '', seq => $pdu->{seq} );
        $received = report(
            'receipt',
            esm_class => $pdu->{esm_class},
            text      => $pdu->{short_message},
            id        => $pdu->{receipted_message_id} =~ s/\0//r,
            state     => hex_of( $pdu->{message_state} ),
            vendor    => hex_of( $pdu->{5121} ),
        );
    }
}

my $kept = $smpp->submit_sm( %from_to, short_message => 'to be kept' )->{message_id};
my %mine = ( message_id => $kept, source_addr_ton => 5, source_addr => 'Boltgram' );
my $query = $smpp->query_sm(%mine);
report( 'query', status => $query->{status}, id => $query->{message_id}, state => $query->{message_state} );
report( 'replace', status => $smpp->replace_sm( %mine, short_message => 'another' )->{status} );
report( 'cancel',  status => $smpp->cancel_sm( %from_to, message_id => $kept )->{status} );
$query = $smpp->query_sm(%mine);
report( 'query', status => $query->{status}, id => $query->{message_id}, state => $query->{message_state} );

my $multi = $smpp->submit_multi(
    source_addr      => 'Boltgram',
    dest_flag        => [ 1, 1, 1 ],
    dest_addr_ton    => [ 1, 1, 1 ],
    dest_addr_npi    => [ 1, 1, 1 ],
    destination_addr => [ '4511111111', '0', '4522222222' ],
    short_message    => 'to all',
);
report( 'multi', status => $multi->{status}, id => $multi->{message_id}, refused => $multi->{destination_addr}, why => $multi->{error_status_code} );
report( 'alive',   status => $smpp->enquire_link()->{status} );
report( 'unbound', status => $smpp->unbind()->{status} );
