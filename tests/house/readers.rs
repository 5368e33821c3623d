//! A message of the province and the officers who read it: whoever was answered must be found among
//! its readers, whatever was broken meanwhile.

use crate::{CATCH_UP_MAX, Center, House, fresh_key, get, scaled};
use motcua::cli::day::client::CenterClient;
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// A message that has arrived at a center.
pub struct ReadMessage {
    center: Center,
    id: String,
    reading: JoinSet<String>,
    answered: Vec<String>,
}

impl ReadMessage {
    /// The hub sends one, and it arrives at the first center, where `head` sees it.
    pub async fn arrive(house: &House, head: &mut CenterClient, text: &str) -> Self {
        let printed = house.at_hub(&["hub", "order", text]).await;
        let given: Value = serde_json::from_str(&printed).unwrap();
        let id = given["id"].as_str().unwrap().to_owned();
        let message =
            Self { center: house.center(0), id, reading: JoinSet::new(), answered: Vec::new() };
        wait_for("the message to arrive", scaled(CATCH_UP_MAX), async || {
            message.readers(head).await
        })
        .await
        .unwrap();
        message
    }

    /// Officers begin to read it, all at once; each asks with one key until answered.
    pub fn read_by(&mut self, counters: &[u16]) {
        for &counter in counters {
            let mut client = self.center.officer(counter);
            let path = format!("/api/v1/messages/{}/read", self.id);
            self.reading.spawn(async move {
                let key = fresh_key();
                let sent = client.send(Method::POST, &path, Some(&key), Some(&json!({}))).await;
                let answer = sent.unwrap();
                assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
                format!("officer-{counter}")
            });
        }
    }

    /// All have been answered, and each of them is among the readers once.
    pub async fn is_read(&mut self, head: &mut CenterClient) {
        while let Some(reader) = self.reading.join_next().await {
            self.answered.push(reader.unwrap());
        }
        let mut found = self.readers(head).await.expect("the message is there");
        found.sort();
        self.answered.sort();
        assert_eq!(found, self.answered, "whose reading was answered, and who is a reader");
    }

    async fn readers(&self, head: &mut CenterClient) -> Option<Vec<String>> {
        let all = get(head, "/api/v1/messages").await;
        let one = all.as_array()?.iter().find(|one| one["id"] == self.id.as_str())?;
        serde_json::from_value(one["readers"].clone()).ok()
    }
}
