//! Two centers and a dossier that changes hands between them.

use crate::{Center, House, fresh_key, get, must, post, seen};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::order;
use serde_json::{Value, json};

/// Giver and receiver.
pub struct Pair {
    /// The province.
    pub house: House,
    /// Who gives.
    pub a: End,
    /// Who receives.
    pub b: End,
}

/// One center with an officer at its first counter.
pub struct End {
    /// Where.
    pub center: Center,
    /// Who.
    pub officer: CenterClient,
}

impl Pair {
    /// Two centers on the loopback address, each on a line of its own.
    pub async fn open(name: &str) -> Self {
        let house = House::open(name, 2).await;
        let end = |index| {
            let center = house.center(index);
            End { officer: center.officer(1), center }
        };
        let (a, b) = (end(0), end(1));
        Self { house, a, b }
    }

    /// Both ends and the hub say the same; nothing stands aside.
    pub async fn close(self) {
        for index in 0..2 {
            self.house.books_agree(index).await;
        }
        let mut technician = self.house.technician();
        for node in [&self.a.center.node, &self.b.center.node] {
            let aside = get(&mut technician, &format!("/api/v1/nodes/{node}/parked")).await;
            for list in ["parked", "refused", "conflicts", "down_parked", "alarms"] {
                assert_eq!(aside[list], json!([]), "{node}: {list}");
            }
        }
        self.house.close().await;
    }

    /// Tells the line of A: `cut`, `hang` or `mend`.
    pub async fn line_of_a(&self, word: &str) {
        order(self.house.demo.line_control(0), word).await.unwrap();
    }

    /// The line of B.
    pub async fn line_of_b(&self, word: &str) {
        order(self.house.demo.line_control(1), word).await.unwrap();
    }

    /// Hands a new dossier of A over to B; gives its id.
    pub async fn hand_over(&mut self) -> String {
        let id = self.a.receive().await;
        let to = json!({ "to_node": self.b.center.node, "note": "Đúng thẩm quyền của phường bạn" });
        let given = must(&mut self.a.officer, &verb(&id, "hand-over"), &to).await;
        assert_eq!(given["dossier"]["custody"]["state"], "handing_over");
        id
    }
}

impl End {
    /// Receives a dossier; gives its id.
    pub async fn receive(&mut self) -> String {
        let body = json!({
            "procedure": "1.001193", "counter": 1,
            "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234" },
            "components": [], "note": "Giấy tờ mang bổ sung sau",
        });
        must(&mut self.officer, "/api/v1/counters/1/open", &json!({})).await;
        let received = must(&mut self.officer, "/api/v1/dossiers", &body).await;
        received["dossier"]["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the dossier's custody is as named, and gives the dossier.
    pub async fn custody(&mut self, id: &str, wanted: &str) -> Value {
        let what = format!("{} to see {wanted}", self.center.node);
        seen(&mut self.officer, "/api/v1/dossiers", &what, |page| {
            let rows = page["rows"].as_array().unwrap();
            let row = rows.iter().find(|row| row["id"] == id)?;
            (row["custody"]["state"] == wanted).then_some(())
        })
        .await;
        let mut found = get(&mut self.officer, &format!("/api/v1/dossiers/{id}")).await;
        found["dossier"].take()
    }

    /// An edit is refused with a code, and nothing has changed.
    pub async fn edit_is_refused(&mut self, id: &str, code: &str) {
        let before = self.content(id).await;
        let title = json!({ "title": "Kết quả" });
        let refused = post(&mut self.officer, &verb(id, "result"), &title).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, code), "{}", refused.body);
        let path = format!("/api/v1/dossiers/{id}/scans?component=1");
        let page = b"%PDF-1.4\n%\n";
        let refused =
            self.officer.upload(&path, &fresh_key(), "application/pdf", page).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code()), (409, code), "{}", refused.body);
        assert_eq!(before, self.content(id).await);
    }

    /// The dossier without its custody, which goes on by itself while it is looked at, and the
    /// revision, which goes with it.
    async fn content(&mut self, id: &str) -> Value {
        let mut found = get(&mut self.officer, &format!("/api/v1/dossiers/{id}")).await;
        let dossier = found["dossier"].as_object_mut().unwrap();
        assert!(dossier.remove("custody").is_some() && dossier.remove("rev").is_some());
        found["dossier"].take()
    }

    /// An edit is granted.
    pub async fn edit_is_granted(&mut self, id: &str) {
        let title = json!({ "title": "Kết quả" });
        must(&mut self.officer, &verb(id, "result"), &title).await;
    }

    /// An action is refused with a code.
    pub async fn is_refused(&mut self, id: &str, action: &str, code: &str) {
        let refused = post(&mut self.officer, &verb(id, action), &json!({})).await;
        assert_eq!(refused.code(), code, "{action}: {}", refused.body);
    }

    /// The dossiers of a view.
    pub async fn listed(&mut self, view: &str) -> Vec<String> {
        let page = get(&mut self.officer, &format!("/api/v1/dossiers?view={view}")).await;
        let rows = page["rows"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// The path of an action.
pub fn verb(dossier: &str, verb: &str) -> String {
    format!("/api/v1/dossiers/{dossier}/{verb}")
}
