/**
 * What the center and the hub say and are told, by name. Every other file takes its shapes from here,
 * so that the names below can become aliases of the generated `schema.d.ts` (`npm run generate`).
 * Instants are RFC 3339 in UTC; `due` and the like are local civil times without an offset.
 */

/** The body of every refusal. */
export interface RefusalBody {
  code: string;
  message: string;
  message_en: string;
  details: Record<string, unknown>;
}

// ---- The node and who is logged in -------------------------------------------------------------

export interface Health {
  node: string;
  unit_name: string;
  version: string;
  now: string;
  store: string;
  uplink: Uplink;
}

export interface Uplink {
  state: 'online' | 'greeting' | 'offline' | 'frozen';
  entries_waiting: number;
  blobs_waiting: number;
  bytes_waiting?: number;
  last_ack_at: string | null;
  reason_code?: string | null;
  sentence?: string;
  sentence_en?: string;
}

export interface Officer {
  id: string;
  name: string;
  role: string;
}

export interface Session {
  officer: Officer;
  csrf: string;
}

// ---- Queue -----------------------------------------------------------------------------------

export interface Service {
  code: string;
  name_vi: string;
  name_en: string;
  series: string;
  waiting_regular: number;
  waiting_priority: number;
}

export interface PriorityGround {
  code: string;
  name_vi: string;
  name_en: string;
  legal_basis: string;
  needs_confirmation: boolean;
}

export type TicketState =
  | 'waiting'
  | 'called'
  | 'serving'
  | 'on_hold'
  | 'completed'
  | 'no_show'
  | 'cancelled';

export type Printed = 'pending' | 'printed' | 'failed' | 'not_asked';

export type CallRule = 'only_regular' | 'only_priority' | 'priority_first' | 'regular_turn' | 'priority_turn';

export interface CallReason {
  policy: string;
  rule: CallRule | string;
  waited_s?: number;
  over?: string | null;
  over_waited_s?: number | null;
  oldest_regular_wait_s?: number | null;
  threshold_s?: number | null;
  sentence?: string;
  sentence_en?: string;
}

export interface Ticket {
  id: string;
  business_day: string;
  label: string;
  service: string;
  class: 'regular' | 'priority';
  priority_ground?: string | null;
  state: TicketState;
  issued_at: string;
  queued_at: string;
  called_at?: string | null;
  begun_at?: string | null;
  finished_at?: string | null;
  counter?: number | null;
  recall_count: number;
  last_called_at?: string | null;
  return_used: boolean;
  call_reason?: CallReason | null;
  printed: Printed;
  rev: number;
}

export type PrintState = 'pending' | 'printing' | 'printed' | 'blocked';
export type PrintProblem = 'paper_out' | 'cover_open' | 'offline' | 'error' | 'unknown';

export interface PrintJob {
  id: string;
  kind?: string;
  ticket?: string | null;
  state: PrintState;
  problem?: PrintProblem | null;
  message?: string;
  message_en?: string;
  attempts?: number;
}

export interface Issued {
  ticket: Ticket;
  waiting_ahead: number;
  print_job: Pick<PrintJob, 'id' | 'state'> | null;
}

export type CounterState = 'closed' | 'open' | 'paused';
export type PauseReason = 'short_break' | 'meeting' | 'equipment' | 'paper_work' | 'other';

export interface Counter {
  number: number;
  name: string;
  services: string[];
  state: CounterState;
  pause_reason?: PauseReason | null;
  officer?: string | null;
  officer_name?: string | null;
  current?: string | null;
  rev: number;
}

export interface Called {
  counter: Counter;
  ticket?: Ticket | null;
  reason?: CallReason | null;
}

/** Live topic `queue`: who is called, served, held or missed, then who waits, in the order of the queue. */
export interface QueueSnapshot {
  tickets: Ticket[];
  counters: Counter[];
  services?: Service[];
  /** Waiting beyond those that are listed. */
  more?: number;
}

// ---- Hall --------------------------------------------------------------------------------------

export interface HallCall {
  label: string;
  counter: number;
  kind: 'call' | 'recall';
  at: string;
}

export interface HallCounter {
  number: number;
  name: string;
  state: CounterState;
  label: string | null;
}

/** Live topic `hall`. */
export interface Hall {
  unit_name: string;
  calls: HallCall[];
  now: { label: string; counter: number } | null;
  counters: HallCounter[];
  next: string[];
}

// ---- Reception -----------------------------------------------------------------------------------

export interface Limit {
  value: number;
  unit: 'working_days' | 'same_day' | 'hours' | 'calendar_days';
}

export type FeeKind = 'free' | 'fee' | 'charge' | 'set_by_council';

export interface Fee {
  kind: FeeKind;
  amount_vnd: number | null;
  per?: string | null;
  note?: string | null;
}

export interface Paper {
  seq: number;
  name: string;
  originals: number;
  copies: number;
  needs_confirmation: boolean;
}

export interface ProcedureRow {
  code: string;
  name: string;
  sector: string;
  limit: Limit;
  fee: Fee;
  needs_confirmation: boolean;
}

export interface Procedure extends ProcedureRow {
  version: string | number;
  service: string;
  papers: Paper[];
  source: string;
}

export type Channel = 'direct' | 'online' | 'post';
export type ResultChannel = 'counter' | 'online' | 'post';
export type Sex = 'male' | 'female';

export interface DeadlineReason {
  rule: string;
  sentence: string;
  sentence_en: string;
}

export interface Deadline {
  due: string;
  due_at: string;
  /** A pause is still open, so the date will move. */
  provisional?: boolean;
  reasons: DeadlineReason[];
}

export interface CitizenCard {
  number: string;
  old_number?: string | null;
  name: string;
  birth_date: string;
  sex: Sex;
  address: string;
  issued?: string | null;
}

/** Live topic `card:N`: that a card was read, not whose; the card itself is asked for. */
export interface CardNews {
  read_at: string;
  problem: string | null;
}

export interface CardRead {
  read_at: string;
  card: CitizenCard;
  declared: boolean;
}

export interface Applicant {
  name: string;
  citizen_number?: string | null;
  birth_date?: string | null;
  sex?: Sex | null;
  address?: string | null;
  phone?: string | null;
}

export interface ScanRef {
  sha256: string;
  size: number;
  media_type: string;
  name?: string | null;
}

export interface ComponentReceived {
  seq: number;
  name: string;
  originals: number;
  copies: number;
  received: boolean;
  scans: ScanRef[];
}

export interface NewDossier {
  procedure: string;
  counter: number;
  ticket?: string;
  applicant: Applicant;
  components: { seq: number; originals: number; copies: number; received: boolean }[];
  channel: Channel;
  result_channel: ResultChannel;
  note?: string;
}

export type Custody =
  | { state: 'held' }
  | { state: 'handing_over'; to: string; at?: string }
  | { state: 'taking_back'; to: string; at?: string }
  | { state: 'offered'; from: string; at?: string }
  | { state: 'declined'; from: string; at?: string }
  | { state: 'accepted_away'; to: string };

export interface Dossier {
  id: string;
  code: string;
  procedure: string;
  procedure_name: string;
  service: string;
  applicant: Applicant;
  note?: string | null;
  components: ComponentReceived[];
  channel: Channel;
  result_channel: ResultChannel;
  received_at: string;
  received_by: string;
  counter?: number | null;
  ticket?: string | null;
  deadline: Deadline;
  fee_vnd?: number | null;
  state: number;
  origin: string;
  holder: string;
  term: number;
  custody: Custody;
  result?: { title: string; ready_at: string; by: string } | null;
  returned?: { at: string; by: string; collector?: { name: string; number?: string } | null } | null;
  rev: number;
}

export type DossierView = 'open' | 'ready' | 'returned' | 'incoming' | 'outgoing' | 'declined';

/** One line of a list; the whole dossier is asked for when it is opened. */
export interface DossierRow {
  id: string;
  code: string;
  procedure: string;
  procedure_name: string;
  applicant_name: string;
  applicant_number?: string | null;
  applicant_phone?: string | null;
  channel: Channel;
  result_channel: ResultChannel;
  received_at: string;
  due: string;
  due_at: string;
  fee_vnd?: number | null;
  state: number;
  holder: string;
  custody: Custody;
  result_title?: string | null;
  returned_at?: string | null;
}

export interface DossierPage {
  rows: DossierRow[];
  total: number;
  page_length: number;
}

/** The answer to every step of a dossier. */
export interface DossierAnswer {
  dossier: Dossier;
  /** The deadline with its steps in words. */
  deadline: Deadline;
  rating_token_issued: boolean;
  print_job?: Pick<PrintJob, 'id' | 'state'> | null;
}

export interface Unit {
  code: string;
  name: string;
  node?: string;
}

// ---- Assessment ----------------------------------------------------------------------------------

export type Stage = 'receipt' | 'return';
export type Level = 'very_satisfied' | 'satisfied' | 'dissatisfied';
export type Respondent = 'citizen' | 'organisation';

/** Live topic `tablet:N`: that a vote is open; the token itself is asked for. */
export interface TabletNews {
  stage: Stage;
  expires_at: string;
}

export interface TabletToken {
  token: string;
  stage: Stage;
  expires_at: string;
}

export interface Vote {
  token: string;
  level: Level;
  reasons: string[];
  comment?: string;
  respondent: Respondent;
  client_id: string;
}

// ---- Devices, messages ---------------------------------------------------------------------------

export type DeviceState = 'online' | 'degraded' | 'offline';

export interface Device {
  id: string;
  title: string;
  class: string;
  driver: string;
  transport: string;
  counter?: number | null;
  state: DeviceState;
  reason_code?: string | null;
  since: string;
  detail?: string | null;
}

/** Live topic `devices`. */
export interface DevicesSnapshot {
  devices: Device[];
  print_jobs_waiting: number;
}

export interface Tried {
  done: boolean;
  code: string;
}

export interface Discovered {
  kind: string;
  name: string;
  host: string;
  address: string;
  port: number;
  last_seen: string;
}

export interface Message {
  id: string;
  text: string;
  from: string;
  at: string;
  read_at?: string | null;
}

/** Live topic `messages`. */
export interface MessagesSnapshot {
  messages: Message[];
}

// ---- Hub -----------------------------------------------------------------------------------------

export type NodeState = 'invited' | 'online' | 'offline' | 'frozen';

export interface NodeRow {
  node: string;
  unit_name: string;
  state: NodeState;
  entries: number;
  last_seq: number;
  lag_entries: number;
  lag_s: number;
  last_entry_at: string | null;
  last_seen_at: string | null;
  open_dossiers: number;
  waiting_citizens: number;
  parked: number;
  refused_frames: number;
  conflicts: number;
  blobs_missing: number;
  down_waiting: number;
  alarms: number;
  frozen_code?: string | null;
  version?: string | null;
}

/** What stands aside about a node: nothing of it is lost, and each waits for a person. */
export interface Aside {
  parked: { epoch: number; seq: number; code: string; detail: string; parked_at: string }[];
  refused: { code: string; detail: string; bytes: number; times: number; first_at: string; last_at: string }[];
  conflicts: { seq: number; kind: string; subject: string; code: string; term: number; kept_at: string }[];
  down_parked: { seq: number; code: string }[];
  alarms: { code: string; detail: string; raised_at: string }[];
}

export interface Order {
  id: string;
  text: string;
  ordered_by: string;
  ordered_at: string;
  to_all: boolean;
  nodes: { node: string; delivered: boolean }[];
}
