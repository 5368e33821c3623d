//! The life of a ticket and of a dossier, and what they are made of. No person is meant.

use domain::deadline::{Channel, Deadline};
use domain::dossier::{
    Applicant, ComponentReceived, Custody, Dossier, NationalState, ResultChannel, ResultReady,
    Returned,
};
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{Class, Printed, Ticket, TicketState};
use domain::rating::{Level, Rating, Respondent, Stage, Within};
use domain::time::instant;
use jiff::{SignedDuration, Timestamp, ToSpan, civil};

use super::Maker;
use crate::StoreError;
use crate::erase::{Erasable, is_left};
use crate::records::ErasureRecord;

const SERVICES: &[&str] = &["ho-tich", "dat-dai", "xa-hoi", "khac"];
const OFFICERS: &[&str] = &["nguyen.lan", "tran.minh", "pham.hoa", "vu.nam"];
const PROCEDURES: &[(&str, &str)] = &[
    ("1.001193", "Đăng ký khai sinh"),
    ("1.004873", "Cấp giấy xác nhận tình trạng hôn nhân"),
    ("2.000815", "Chứng thực bản sao từ bản chính"),
    ("1.012756", "Đăng ký đất đai lần đầu"),
];
const COMPONENTS: &[&str] =
    &["Tờ khai theo mẫu", "Bản chính giấy tờ tùy thân", "Giấy chứng sinh", "Văn bản ủy quyền"];
const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô"];
const MIDDLE: &[&str] = &["Thị", "Văn", "Đức", "Minh", "Ngọc", "Thanh", "Hữu", "Thu"];
const GIVEN: &[&str] =
    &["Lan", "Minh", "Hoa", "Nam", "Hải", "Hương", "Tuấn", "Linh", "Quang", "Yến", "Bình", "Thảo"];

impl Maker<'_> {
    /// A ticket's life: five entries. Gives its last state.
    pub(super) fn ticket(
        &mut self,
        day: civil::Date,
        number: u32,
        at: Timestamp,
    ) -> Result<Ticket, StoreError> {
        let counter = CounterNumber(1 + self.random.below(4) as u16);
        let priority = self.random.below(20) == 0;
        let service = self.one_of(SERVICES);
        let service: ServiceCode =
            service.parse().map_err(|_| StoreError::Conflict("history.service"))?;
        let (id, issued_by) = (self.uuid(at), "kiosk-1".to_owned());
        let mut ticket = Ticket {
            class: if priority { Class::Priority } else { Class::Regular },
            priority_ground: priority.then(|| "elderly".to_owned()),
            ..Ticket::waiting(id, day, ('A', number), service, at, issued_by)
        };
        self.report.tickets += 1;
        let officer = self.one_of(OFFICERS);
        let key = format!("{day}-{number}");
        self.write(ticket.clone(), "citizen", at, Some(key))?;
        let later = |seconds| at + SignedDuration::from_secs(seconds);
        ticket = Ticket { printed: Printed::Printed, rev: 2, ..ticket };
        self.write(ticket.clone(), "center", later(2), None)?;
        ticket = Ticket {
            state: TicketState::Called,
            counter: Some(counter),
            officer: officer.parse().ok(),
            called_at: Some(later(120)),
            last_called_at: Some(later(120)),
            rev: 3,
            ..ticket
        };
        self.write(ticket.clone(), officer, later(120), None)?;
        ticket =
            Ticket { state: TicketState::Serving, begun_at: Some(later(140)), rev: 4, ..ticket };
        self.write(ticket.clone(), officer, later(140), None)?;
        ticket = Ticket {
            state: TicketState::Completed,
            finished_at: Some(later(700)),
            rev: 5,
            ..ticket
        };
        self.write(ticket.clone(), officer, later(700), None)?;
        Ok(ticket)
    }

    pub(super) fn dossier(
        &mut self,
        day: civil::Date,
        number: u32,
        ticket: &Ticket,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let officer = self.one_of(OFFICERS);
        let (procedure, name) = self.one_of(PROCEDURES);
        let due = day.checked_add(3.days()).unwrap_or(day).at(17, 0, 0, 0);
        let broken = |_| StoreError::Conflict("history.name");
        let dossier = Dossier {
            id: self.uuid(at),
            code: format!("H49.06658-{}-{number:04}", day.strftime("%y%m%d")),
            procedure: procedure.parse().map_err(|_| StoreError::Conflict("history.procedure"))?,
            procedure_version: 1,
            procedure_name: name.to_owned(),
            service: ticket.service.clone(),
            applicant: self.applicant(),
            note: None,
            components: (1..=3)
                .map(|seq| ComponentReceived {
                    seq,
                    name: self.one_of(COMPONENTS).to_owned(),
                    originals: 1,
                    copies: 1,
                    received: true,
                    condition: None,
                    scans: vec![],
                })
                .collect(),
            channel: Channel::Direct,
            result_channel: ResultChannel::Counter,
            received_at: at,
            received_by: officer.parse().map_err(broken)?,
            counter: ticket.counter.unwrap_or(CounterNumber(1)),
            ticket: Some(ticket.id),
            deadline: Deadline { due, due_at: instant(due), provisional: false, reasons: vec![] },
            fee_vnd: Some(8000),
            state: NationalState::Received,
            origin: self.node(),
            holder: self.node(),
            term: 1,
            custody: Custody::Held,
            custody_note: None,
            last_hand_over: None,
            result: None,
            returned: None,
            rev: 1,
        };
        self.report.dossiers += 1;
        self.write(dossier.clone(), officer, at, None)?;
        if number.is_multiple_of(3) {
            let rating = Rating {
                id: self.uuid(at),
                stage: Stage::Receipt,
                level: Level::Satisfied,
                reasons: vec![],
                comment: None,
                respondent: Respondent::Citizen,
                service: Some(ticket.service.clone()),
                at,
                within: Within::Hour,
                rev: 1,
            };
            self.write(rating, "citizen", at + SignedDuration::from_secs(30), None)?;
        }
        self.open.push(dossier);
        Ok(())
    }

    /// The result comes, and is handed out.
    pub(super) fn end_dossier(
        &mut self,
        dossier: Dossier,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let officer = self.one_of(OFFICERS);
        let by = || officer.parse().map_err(|_| StoreError::Conflict("history.name"));
        let result = ResultReady { title: "Kết quả".to_owned(), ready_at: at, by: by()? };
        let ready = Dossier { result: Some(result), rev: dossier.rev + 1, ..dossier };
        self.write(ready.clone(), officer, at, None)?;
        let at = at + SignedDuration::from_secs(3600);
        let returned = Returned { at, by: by()?, collector: None };
        let returned = Dossier { returned: Some(returned), rev: ready.rev + 1, ..ready };
        self.write(returned, officer, at, None)
    }

    /// Grounds of priority go when their day is over.
    pub(super) fn erase_grounds(
        &mut self,
        day: civil::Date,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let subject = Erasable::TicketDay(day);
        if !self.store.readers().read_now(|c| is_left(c, &subject))? {
            return Ok(());
        }
        let record = ErasureRecord {
            key_id: subject.key_id(),
            rule: "priority-ground".to_owned(),
            reason: "Đối tượng ưu tiên và lý do ghi trên phiếu".to_owned(),
            by: "center".to_owned(),
            at,
            rev: 1,
        };
        self.write(record, "center", at, None)
    }

    fn applicant(&mut self) -> Applicant {
        let (family, middle, given) =
            (self.one_of(FAMILY), self.one_of(MIDDLE), self.one_of(GIVEN));
        let name = format!("{family} {middle} {given}");
        Applicant {
            name,
            citizen_number: Some(format!("022{:09}", self.random.below(1_000_000_000))),
            birth_date: None,
            sex: None,
            address: Some(format!("Số {}, khu {}", self.random.below(900), self.random.below(9))),
            phone: Some(format!("09{:08}", self.random.below(100_000_000))),
        }
    }
}
