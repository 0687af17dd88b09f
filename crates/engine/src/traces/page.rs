//! Pages of traces, of a number, a message or an order.

use domain::id::{MessageId, OrderId};
use domain::limits::TRACES_PAGE_MAX;
use domain::message::campaign::BulkRecipient;
use domain::message::waiting::Waiting;
use domain::ports::{
    PortError, RecipientList, RecipientSearch, RecipientTrace, RecipientsFound, TracedMessage,
};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::Order;

use super::{Subject, TracePage, Traced, TracedOrder, TracedRecipient, Traces};

type Found = (MessageId, BulkRecipient);

impl Traces {
    /// Up to `limit` traces, from `at` on. A page of a number may be short, or empty, and continues
    /// ([`domain::ports::SearchStore::find_recipients`]). `None` when there is no such message or
    /// order.
    pub async fn page(
        &self,
        subject: Subject,
        at: Option<(MessageId, u32)>,
        limit: u32,
    ) -> Result<Option<TracePage>, PortError> {
        let limit = limit.min(TRACES_PAGE_MAX);
        let message = match subject {
            Subject::Number(number) => {
                let search =
                    RecipientSearch { number: Some(number), at, limit, ..Default::default() };
                let RecipientsFound { recipients, next } =
                    self.store.find_recipients(search).await?;
                let found = recipients.into_iter().map(|found| (found.message, found.recipient));
                let traced = self.trace_all(found.collect()).await?;
                return Ok(Some(TracePage { traced, next }));
            }
            Subject::Message(message) => message,
            Subject::Order(id) => {
                let Some(order) = self.store.order(id).await? else { return Ok(None) };
                match order.fulfilment.message_id() {
                    Some(message) => message,
                    None => {
                        let order = Some(self.traced_order(&order).await?);
                        let traced = vec![Traced { message: None, order, recipient: None }];
                        return Ok(Some(TracePage { traced, next: None }));
                    }
                }
            }
        };
        if self.store.traced_message(message).await?.is_none() {
            return Ok(None);
        }
        let first = at.filter(|(of, _)| *of == message).map_or(0, |(_, index)| index);
        let list = RecipientList { states: vec![], first, limit };
        let page = self.store.bulk_recipients(message, list).await?;
        let found = page.recipients.into_iter().map(|recipient| (message, recipient)).collect();
        let traced = self.trace_all(found).await?;
        Ok(Some(TracePage { traced, next: page.next.map(|index| (message, index)) }))
    }

    async fn trace_all(&self, found: Vec<Found>) -> Result<Vec<Traced>, PortError> {
        let keys = found.iter().map(|(message, one)| (*message, one.index)).collect();
        let mut waiting = self.store.waiting(keys).await?.into_iter();
        let mut traced = Vec::with_capacity(found.len());
        for run in found.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((id, first)) = run.first() else { continue };
            let last = run.last().map_or(first.index, |(_, last)| last.index);
            let count = last.saturating_sub(first.index).saturating_add(1);
            let mut traces = self.store.trace(*id, first.index, count).await?;
            let message = self.store.traced_message(*id).await?;
            for (_, found) in run {
                let at = traces.iter().position(|trace| trace.index == found.index);
                let trace = at.map(|at| traces.swap_remove(at));
                let waiting = waiting.next().flatten();
                let recipient = self.recipient(found, trace, waiting.as_ref());
                let order = self.order_of(message.as_ref()).await?;
                traced.push(Traced { message: message.clone(), order, recipient: Some(recipient) });
            }
        }
        Ok(traced)
    }

    /// An excluded recipient of a campaign has no trace of its own.
    fn recipient(
        &self,
        found: &BulkRecipient,
        trace: Option<RecipientTrace>,
        waiting: Option<&Waiting>,
    ) -> TracedRecipient {
        let now = self.clock.now();
        let state = trace.as_ref().map_or(found.state, |trace| trace.state);
        let stored = trace.as_ref().map_or(found.reason, |trace| trace.reason);
        let down = self.links_are_down(&found.address);
        let reason = match waiting {
            Some(waiting) => waiting.reason(state, stored, down, now),
            None => stored,
        };
        let waits = waiting.filter(|_| !state.is_final());
        let updated_at = trace.as_ref().map_or(found.updated_at, |trace| trace.updated_at);
        let (code, tried, tries, parts) = trace
            .map(|trace| (trace.code, trace.tried, trace.tries, trace.parts))
            .unwrap_or_default();
        TracedRecipient {
            index: found.index,
            address: found.address.clone(),
            state,
            reason,
            code,
            lane: waiting.map(|waiting| waiting.lane),
            next_try_at: waits.and_then(|waiting| waiting.next_try_at(state, now)),
            node: waits.and_then(|waiting| waiting.node(now)).map(str::to_owned),
            start_at: waiting.and_then(|waiting| waiting.start_at),
            updated_at,
            tried,
            tries,
            parts,
        }
    }

    async fn order_of(
        &self,
        message: Option<&TracedMessage>,
    ) -> Result<Option<TracedOrder>, PortError> {
        let Some(id) = message.and_then(|message| message.order) else { return Ok(None) };
        self.find_order(id).await
    }

    async fn find_order(&self, id: OrderId) -> Result<Option<TracedOrder>, PortError> {
        match self.store.order(id).await? {
            Some(order) => self.traced_order(&order).await.map(Some),
            None => Ok(None),
        }
    }

    async fn traced_order(&self, order: &Order) -> Result<TracedOrder, PortError> {
        let to = match &order.fulfilment {
            Fulfilment::Message { to, .. } => Some(to.clone()),
            Fulfilment::Activation { .. } | Fulfilment::Credit => None,
        };
        let reason = self.order_reason(order).await?;
        Ok(TracedOrder { id: order.id, kind: order.kind(), state: order.state, reason, to })
    }
}
