/**
 * What the center and the hub say and are told, by name. The center's records come from the generated
 * schema; where it says `string` for a closed set of words, or `object`, the words and fields are here.
 * Instants are RFC 3339 in UTC; `due` and the like are local civil times without an offset.
 */
import type { components } from './schema';

type Schema = components['schemas'];

/** A record of the schema with some fields said more closely; a field that is no longer there does not compile. */
type Narrow<B, O extends { [K in keyof O]: K extends keyof B ? B[K] : never }> = Omit<B, keyof O> & O;

/** The body of every refusal. */
export type RefusalBody = Schema['Problem'];

// ---- The node and who is logged in -------------------------------------------------------------

/** Live topic `uplink`. */
export interface Uplink {
  state: 'online' | 'greeting' | 'offline' | 'frozen';
  entries_waiting: number;
  blobs_waiting: number;
  bytes_waiting: number;
  last_ack_at: string | null;
  reason_code?: string | null;
  sentence?: string;
  sentence_en?: string;
}

export type Officer = Schema['Officer'];
export type Session = Schema['SessionShown'];

// ---- Queue -----------------------------------------------------------------------------------

export type Service = Schema['ServiceView'];
export type PriorityGround = Schema['GroundView'];
export type NewTicket = Schema['NewTicket'];

export type TicketState = 'waiting' | 'called' | 'serving' | 'on_hold' | 'completed' | 'no_show' | 'cancelled';
export type Printed = 'pending' | 'printed' | 'failed' | 'not_asked';

/** In the live picture without its sentence; then one is made here from the facts. */
export type CallReason = Omit<Schema['ReasonView'], 'sentence' | 'sentence_en'> & Partial<Pick<Schema['ReasonView'], 'sentence' | 'sentence_en'>>;

export type Ticket = Omit<
  Narrow<Schema['TicketView'], { class: 'regular' | 'priority'; state: TicketState; printed: Printed }>,
  'call_reason'
> & {
  call_reason?: CallReason | null;
  /** In the live picture only. */
  last_called_at?: string | null;
};

export type PrintState = 'pending' | 'printing' | 'printed' | 'blocked';
export type PrintStarted = Narrow<Schema['PrintJobStarted'], { state: PrintState }>;
export type PrintJob = Narrow<Schema['PrintJobShown'], { state: PrintState }>;

export interface Issued {
  ticket: Ticket;
  waiting_ahead: number;
  print_job?: PrintStarted | null;
}

export type CounterState = 'closed' | 'open' | 'paused';
export type PauseReason = 'short_break' | 'meeting' | 'equipment' | 'paper_work' | 'other';
export type Counter = Omit<Narrow<Schema['CounterView'], { state: CounterState }>, 'pause_reason'> & {
  pause_reason?: PauseReason | null;
};

export interface Called {
  counter?: Counter;
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

export type FeeKind = 'free' | 'fee' | 'charge' | 'set_by_council';
export type Fee = Narrow<Schema['FeeView'], { kind: FeeKind }>;
export type Limit = Narrow<Schema['LimitView'], { unit: 'working_days' | 'same_day' | 'hours' | 'calendar_days' }>;
export type Paper = Schema['PaperView'];
export type Procedure = Narrow<Schema['ProcedureView'], { fee: Fee; limit: Limit }>;
export type Channel = 'direct' | 'online' | 'post';
export type ResultChannel = 'counter' | 'online' | 'post';
export type Sex = 'male' | 'female';
export type Deadline = Schema['DeadlineView'];
export type NewDossier = Schema['NewDossier'];
export type ScanStored = Schema['ScanStored'];
export type Unit = Schema['UnitView'];

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

// ---- Assessment ----------------------------------------------------------------------------------

export type Stage = 'receipt' | 'return';
export type Level = 'very_satisfied' | 'satisfied' | 'dissatisfied';
export type Respondent = 'citizen' | 'organisation';

/** Live topic `tablet:N`: that a vote is open; the token itself is asked for. */
export interface TabletNews {
  stage: Stage;
  expires_at: string;
}

export type TabletToken = Narrow<Schema['TokenView'], { stage: Stage }>;

export type Vote = Narrow<Schema['NewRating'], { level: Level; respondent: Respondent }>;

// ---- Devices, messages ---------------------------------------------------------------------------

export type DeviceState = 'online' | 'degraded' | 'offline';

export type Device = Narrow<Schema['DeviceView'], { state: DeviceState }>;

/** Live topic `devices`. */
export interface DevicesSnapshot {
  devices: Device[];
  print_jobs_waiting: number;
}

export interface Discovered {
  kind: string;
  name: string;
  host: string;
  address: string;
  port: number;
  last_seen: string;
}

export type Message = Schema['MessageView'];

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
