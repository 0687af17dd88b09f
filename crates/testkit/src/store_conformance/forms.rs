//! How a campaign's text appears on the phone.

use domain::message::Content;
use domain::message::campaign::NewBulk;
use domain::message::form::{Form, Link};

use super::Rig;
use super::bulk_world::{BulkWorld, times};
use super::world::at;

pub async fn hands_over_the_form_of_a_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let link = Link::new("https://shop.example/7").unwrap();
    for form in [Form::Text, Form::Flash, Form::Silent, Form::Push(link)] {
        let new = world.bulk(1);
        let content = Content { form: form.clone(), ..new.content };
        let id = content.message;
        world.add(NewBulk { content, ..new }).await;
        let claimed = world.claim(at(5)).await;
        let chunk = claimed.iter().find(|chunk| chunk.id.message == id).unwrap();
        assert_eq!(chunk.content.form, form);
    }
}
