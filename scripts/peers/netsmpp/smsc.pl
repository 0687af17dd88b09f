#!/usr/bin/env perl
# An SMSC for the client's tests, built on Perl's Net::SMPP. One connection at a time; it accepts every message, sends the
# requested receipts, and sends one enquire_link.
#
#   smsc.pl
#   stdin    unused; the program ends when it closes
#   stdout   one JSON line per event: {"event": "listening", "port": N} first, then bind, submit_sm, receipt, alive, unbind
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json = JSON::PP->new->canonical->latin1;

sub report {
    my ( $event, %fields ) = @_;
    print $json->encode( { event => $event, %fields } ), "\n";
}

my $listener = Net::SMPP->new_listen( '127.0.0.1', port => 0 ) or die "cannot listen: $!";
my $waiting  = IO::Select->new( \*STDIN, $listener );
my $messages = 0;
report( 'listening', port => $listener->sockport );

sub bind_with {
    my ($name) = @_;
    my $answer = "${name}_resp";
    return sub {
        my ( $smpp, $pdu ) = @_;
        report( 'bind', kind => $name, map { $_ => $pdu->{$_} } qw(system_id password system_type interface_version) );
        my $status = $pdu->{password} eq 'p' ? 0 : 0x0E;
        $smpp->$answer( system_id => 'perl', status => $status, seq => $pdu->{seq} );
        $smpp->enquire_link( async => 1 ) unless $status;
    };
}

sub submit {
    my ( $smpp, $pdu ) = @_;
    my $id = sprintf 'perl-%03d', ++$messages;
    report( 'submit_sm', id => $id, map { $_ => $pdu->{$_} }
          qw(source_addr_ton source_addr dest_addr_ton destination_addr esm_class data_coding registered_delivery short_message message_payload) );
    $smpp->submit_sm_resp( message_id => $id, seq => $pdu->{seq} );
    return unless $pdu->{registered_delivery} & 1;
    $smpp->deliver_sm(
        source_addr      => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        esm_class        => 4,
        short_message    => "id:$id sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 stat:DELIVRD err:000 text:",
        async            => 1,
    );
}

my %handlers = (
    Net::SMPP::CMD_bind_transmitter()   => bind_with('bind_transmitter'),
    Net::SMPP::CMD_bind_receiver()      => bind_with('bind_receiver'),
    Net::SMPP::CMD_bind_transceiver()   => bind_with('bind_transceiver'),
    Net::SMPP::CMD_submit_sm()          => \&submit,
    Net::SMPP::CMD_enquire_link()       => sub { $_[0]->enquire_link_resp( seq => $_[1]{seq} ) },
    Net::SMPP::CMD_enquire_link_resp()  => sub { report( 'alive', status => $_[1]{status} ) },
    Net::SMPP::CMD_deliver_sm_resp()    => sub { report( 'receipt', status => $_[1]{status} ) },
    Net::SMPP::CMD_unbind()             => sub {
        my ( $smpp, $pdu ) = @_;
        $smpp->unbind_resp( seq => $pdu->{seq} );
        report('unbind');
    },
);

while ( my @ready = $waiting->can_read ) {
    for my $handle (@ready) {
        exit if $handle == \*STDIN;
        if ( $handle == $listener ) {
            my $smpp = $listener->accept or next;
            $smpp->autoflush(1);
            $waiting->add($smpp);
            next;
        }
        local $SIG{__WARN__} = sub { };    # of the end of the stream
        my $pdu = $handle->read_pdu();
        if ( !$pdu ) {
            $waiting->remove($handle);
            close $handle;
            next;
        }
        my $handler = $handlers{ $pdu->{cmd} };
        $handler->( $handle, $pdu ) if $handler;
    }
}
