//! Channels, peers and the wallet on chain.

use std::time::Duration;

use ldk_node::bitcoin::OutPoint;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::{BalanceDetails, ChannelDetails, PeerDetails, UserChannelId};
use tokio::time::timeout;

use super::{CallError, Node};

/// How long a call waits until a new channel's funding is sent.
const FUNDING_WAIT: Duration = Duration::from_secs(60);

pub(crate) struct OpenChannel {
    pub(crate) peer: PublicKey,
    pub(crate) sats: u64,
    pub(crate) push_sats: u64,
    pub(crate) announced: bool,
}

impl Node {
    pub(crate) fn channels(&self) -> Vec<ChannelDetails> {
        self.ldk.list_channels()
    }

    pub(crate) fn peers(&self) -> Vec<PeerDetails> {
        self.ldk.list_peers()
    }

    pub(crate) fn balances(&self) -> BalanceDetails {
        self.ldk.list_balances()
    }

    pub async fn new_address(&self) -> Result<String, CallError> {
        let address = self.call(|ldk| ldk.onchain_payment().new_address()).await?;
        Ok(address.map_err(refused)?.to_string())
    }

    /// It is connected again after each start.
    pub async fn connect(&self, peer: PublicKey, address: SocketAddress) -> Result<(), CallError> {
        self.call(move |ldk| ldk.connect(peer, address, true)).await?.map_err(refused)
    }

    /// The funding's output, when it was sent.
    pub(crate) async fn open_channel(&self, open: OpenChannel) -> Result<OutPoint, CallError> {
        let OpenChannel { peer, sats, push_sats, announced } = open;
        let known = self.peers().into_iter().find(|known| known.node_id == peer);
        let unknown = || CallError::Bad(format!("peer {peer} is not online: connect it first"));
        let address = known.ok_or_else(unknown)?.address;
        let mut funded = self.funded.subscribe();
        let push = push_sats.checked_mul(1_000).filter(|push| *push > 0);
        let opening = self.call(move |ldk| {
            if announced {
                ldk.open_announced_channel(peer, address, sats, push, None)
            } else {
                ldk.open_channel(peer, address, sats, push, None)
            }
        });
        let number = opening.await?.map_err(refused)?.0;
        let funding = timeout(FUNDING_WAIT, async {
            loop {
                match funded.recv().await {
                    Ok((opened, output)) if opened == number => return Some(output),
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        });
        let unconfirmed = "the peer has not answered yet; see the list of channels";
        let funding = funding.await.ok().flatten();
        funding.ok_or_else(|| CallError::Unconfirmed(unconfirmed.into()))
    }

    /// By agreement with the peer, or without it.
    pub async fn close_channel(&self, funding: OutPoint, force: bool) -> Result<(), CallError> {
        let channels = self.channels();
        let mut channels = channels.into_iter();
        let unknown = || CallError::Bad(format!("there is no channel {funding}"));
        let channel = channels.find(|channel| channel.funding_txo == Some(funding));
        let channel = channel.ok_or_else(unknown)?;
        let (id, peer): (UserChannelId, _) =
            (channel.user_channel_id, channel.counterparty_node_id);
        let closing = self.call(move |ldk| {
            if force {
                ldk.force_close_channel(&id, peer, Some("closed by the operator".into()))
            } else {
                ldk.close_channel(&id, peer)
            }
        });
        closing.await?.map_err(refused)
    }
}

fn refused(error: ldk_node::NodeError) -> CallError {
    CallError::Failed(error.to_string())
}
