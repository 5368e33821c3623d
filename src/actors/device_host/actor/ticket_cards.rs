//! Cards that were shown at a kiosk with a number: kept beside the number, and the counter's once its
//! citizen stands there.

use super::DeviceHost;
use crate::actors::device_host::messages::{KeepCard, TicketComes, TicketDone};
use actix::{Context, Handler};
use serde_json::{Value, json};

impl Handler<KeepCard> for DeviceHost {
    type Result = ();

    fn handle(&mut self, KeepCard { ticket, card }: KeepCard, _ctx: &mut Self::Context) {
        self.cards.keep_for(ticket, card, self.ports.clock.now());
    }
}

impl Handler<TicketComes> for DeviceHost {
    type Result = ();

    fn handle(&mut self, message: TicketComes, ctx: &mut Context<Self>) {
        let TicketComes { counter, ticket } = message;
        let now = self.ports.clock.now();
        if self.cards.come_to(counter, ticket, now) {
            self.publish_card(counter, json!({ "read_at": now, "problem": null }));
            self.arm(ctx);
        } else if self.cards.forget_of_another(counter, ticket) {
            self.publish_card(counter, Value::Null);
        }
    }
}

impl Handler<TicketDone> for DeviceHost {
    type Result = ();

    fn handle(&mut self, TicketDone(ticket): TicketDone, _ctx: &mut Self::Context) {
        for counter in self.cards.forget_ticket(ticket) {
            self.publish_card(counter, Value::Null);
        }
    }
}
