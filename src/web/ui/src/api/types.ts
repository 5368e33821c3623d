/**
 * What the center and the hub say and are told, by the names the pages use. The records come from the
 * generated schemas; by hand is only what no path of the interface carries: live topics.
 * Instants are RFC 3339 in UTC; `due` and the like are local civil times without an offset.
 */
import type { components as hub } from './hub-schema';
import type { components } from './schema';

type Schema = components['schemas'];
type HubSchema = hub['schemas'];

/** The body of every refusal. */
export type RefusalBody = Schema['Problem'];

// ---- The node and who is logged in -------------------------------------------------------------

/** Live topic `uplink`. */
export type Uplink = Schema['UplinkView'];
/** Live topic `clock`. */
export type Clock = Schema['ClockView'];
export type Officer = Schema['Officer'];
export type Session = Schema['SessionShown'];

// ---- Queue -----------------------------------------------------------------------------------

export type Service = Schema['ServiceView'];
export type PriorityGround = Schema['GroundView'];
export type Ways = Schema['WaysView'];
export type NewTicket = Schema['NewTicket'];

export type Ticket = Schema['TicketView'] & {
  /** In the live picture only. */
  last_called_at?: string | null;
};

export type PrintJob = Schema['PrintJobShown'];
export type Booking = Schema['BookingView'];
/** `booking`: what the ticket was given by. */
export type Issued = Schema['IssuedTicket'] & { booking?: Booking };
export type PauseReason = Schema['PauseReason'];
export type Counter = Schema['CounterView'];
export type Called = Schema['CounterAnswer'];
export type CounterCall = Schema['CallView'];

/** Live topic `queue`: who is called, served, held or missed, then who waits, in the order of the queue. */
export interface QueueSnapshot {
  tickets: Ticket[];
  counters: Counter[];
  services?: Service[];
  /** Groups that nobody at a counter may call now. */
  unserved?: { service: string; waiting: number; withheld_at: number[] }[];
  /** Waiting beyond those that are listed. */
  more?: number;
  /** How many are over today. */
  completed?: number;
  no_show?: number;
  cancelled?: number;
  /** Numbers of earlier days that were carried over to today. */
  carried?: number;
  /** The day before, and how many of its numbers its end closed. */
  closed_before?: { day: string; count: number } | null;
}

// ---- Hall --------------------------------------------------------------------------------------

/** Live topic `hall`. */
export type Hall = Schema['HallView'];
export type HallCall = Schema['HallCallView'];
export type HallNow = Schema['HallNowView'];
export type HallCounter = Schema['HallCounterView'];
export type HallWait = Schema['HallWaitView'];

// ---- Reception -----------------------------------------------------------------------------------

export type Fee = Schema['FeeView'];
export type Procedure = Schema['ProcedureView'];
export type Channel = Schema['Channel'];
export type ResultChannel = Schema['ResultChannel'];
export type Sex = Schema['Sex'];
export type Deadline = Schema['DeadlineView'];
export type Unit = Schema['UnitView'];
export type CitizenCard = Schema['CardView'];
export type CardRead = Schema['CardShown'];

/** Live topic `card:N`: that a card was read, not whose; the card itself is asked for. */
export interface CardNews {
  read_at: string;
  problem: string | null;
}

export type Applicant = Schema['NewApplicant'];
export type NewDossier = Schema['NewDossier'];
export type ComponentReceived = Schema['ComponentView'];
export type ScanStored = Schema['ScanStored'];
export type Custody = Schema['CustodyView'];
export type HandOverEnd = Schema['HandOverEndView'];
export type Dossier = Schema['DossierView'];
export type DossierView = 'open' | 'ready' | 'returned' | 'incoming' | 'outgoing' | 'declined';

/** One line of a list; the whole dossier is asked for when it is opened. */
export type DossierRow = Schema['DossierRow'];
export type DossierPage = Schema['DossierPage'];

/** Live topic `hand-overs`: what the hub said last, newest first; codes and nodes only. */
export interface HandOverNews {
  dossier: string;
  code: string;
  what: 'offered' | 'passed_on' | 'accepted' | 'taken_back' | 'declined' | 'no_box' | 'too_late';
  other: string;
  at: string;
}

export interface HandOversSnapshot {
  incoming: number;
  moved_at: string;
  news: HandOverNews[];
}

// ---- Assessment ----------------------------------------------------------------------------------

export type Stage = Schema['Stage'];
export type Level = Schema['Level'];
export type Respondent = Schema['Respondent'];
export type TabletToken = Schema['TokenView'];
export type Vote = Schema['NewRating'];
export type RatingFigures = Schema['RatingFigures'];

/** Live topic `tablet:N`: that a vote is open; the token itself is asked for. */
export type TabletNews = Pick<TabletToken, 'stage' | 'expires_at'>;

// ---- Figures -------------------------------------------------------------------------------------

export type Spread = Schema['SpreadView'];
export type ReportBy = Schema['ReportBy'];
export type ReportRow = Schema['ReportRowView'];
export type Report = Schema['ReportView'];
export type Advice = Schema['AdviceView'];
export type Forecast = Schema['ForecastView'];
export type Overload = Schema['OverloadView'];

// ---- The policy of calling, and what officers may serve --------------------------------------------

export type CallPolicy = Schema['CallPolicy'];
export type PolicyNumbers = Schema['PolicyNumbersView'];
export type PolicyChoice = Schema['PolicyChoiceView'];
export type PolicyBounds = Schema['PolicyBoundsView'];
export type Policy = Schema['PolicyView'];
export type PolicyReplay = Schema['PolicyReplayView'];
export type ReplayResult = Schema['ReplayResultView'];
export type ReplayFigures = Schema['ReplayFiguresView'];
export type ReplayClass = Schema['ReplayClassView'];
export type OfficerSkills = Schema['OfficerSkillsView'];

// ---- Devices, messages ---------------------------------------------------------------------------

export type Device = Schema['DeviceView'];
export type DeviceState = Schema['DeviceState'];
export type Surface = Schema['SurfaceView'];
export type SurfaceReport = Schema['SurfaceReport'];
export type SurfaceState = Schema['SurfaceState'];
export type SurfaceTrouble = Schema['SurfaceTrouble'];
export type DeviceRole = Schema['DeviceRole'];
export type Pairing = Schema['PairingView'];
export type PairingOpened = Schema['PairingOpened'];
export type PairingAnswer = Schema['PairingAnswer'];
export type Paired = Schema['PairedView'];
export type Message = Schema['MessageView'];

/** Live topic `devices`. */
export interface DevicesSnapshot {
  devices: Device[];
  print_jobs_waiting: number;
}

/** Live topic `messages`. */
export interface MessagesSnapshot {
  messages: Message[];
}

// ---- Hub -----------------------------------------------------------------------------------------

export type NodeRow = HubSchema['NodeRow'];
export type ProvinceReport = HubSchema['ProvinceReportView'];
/** What its rows are. */
export type ProvinceBy = 'unit' | 'place' | 'hour' | 'day' | 'service' | 'class';

// ---- Bookings at the province's page ------------------------------------------------------------

export type BookingPlan = HubSchema['BookingPlan'];
export type BookingPlace = HubSchema['BookingPlace'];
export type BookingShown = HubSchema['BookingShown'];
