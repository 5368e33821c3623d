/* Written by dev/generate.mjs from the center's OpenAPI document: change the server, not this. */
export interface paths {
  "/api/v1/blobs/{sha256}": {
    get: {
      parameters: { path: { sha256: string } };
      responses: { 200: { content: { "application/pdf": unknown } } };
    };
  };
  "/api/v1/counters": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["CounterView"][] } } } };
  };
  "/api/v1/counters/{n}/begin": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/call-next": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/card": {
    get: {
      parameters: { path: { n: number } };
      responses: {
        200: { content: { "application/json": components["schemas"]["CardShown"] } };
        204: { content?: never };
      };
    };
    delete: {
      parameters: { path: { n: number } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/counters/{n}/close": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/complete": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/hold": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Holding"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/no-show": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/open": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/pause": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Pausing"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/recall": {
    post: {
      parameters: { path: { n: number } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/resume": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Resuming"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/counters/{n}/transfer": {
    post: {
      parameters: { path: { n: number } };
      requestBody: { content: { "application/json": components["schemas"]["Transferring"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["CounterAnswer"] } } };
    };
  };
  "/api/v1/deadline-preview": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["DeadlineAsked"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DeadlineView"] } } };
    };
  };
  "/api/v1/devices": { get: { responses: { 200: { content: { "application/json": components["schemas"]["DeviceView"][] } } } } };
  "/api/v1/devices/{id}/try": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["TriedView"] } } };
    };
  };
  "/api/v1/discovered": { get: { responses: { 200: { content: { "application/json": Record<string, never>[] } } } } };
  "/api/v1/dossiers": {
    get: {
      parameters: {
        query?: {
          view?: string | null;
          q?: string | null;
          page?: number;
        };
      };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierPage"] } } };
    };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewDossier"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/accept": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/hand-over": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["HandingOver"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/print-slip": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["SlipWanted"] } };
      responses: { 202: { content: { "application/json": components["schemas"]["PrintJobStarted"] } } };
    };
  };
  "/api/v1/dossiers/{id}/refuse": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Declining"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/result": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["ResultGiven"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/return": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Returning"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/dossiers/{id}/scans": {
    post: {
      parameters: {
        query: { component: number };
        path: { id: string };
      };
      requestBody: { content: { "application/pdf": number[] } };
      responses: { 201: { content: { "application/json": components["schemas"]["ScanStored"] } } };
    };
  };
  "/api/v1/dossiers/{id}/slip.pdf": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/pdf": unknown } } };
    };
  };
  "/api/v1/dossiers/{id}/take-back": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["DossierAnswer"] } } };
    };
  };
  "/api/v1/events": {
    get: {
      parameters: { query?: { limit?: number | null } };
      responses: { 200: { content: { "application/json": components["schemas"]["EventView"][] } } };
    };
  };
  "/api/v1/hall": { get: { responses: { 200: { content: { "application/json": components["schemas"]["Versioned"] } } } } };
  "/api/v1/health": { get: { responses: { 200: { content: { "application/json": components["schemas"]["HealthView"] } } } } };
  "/api/v1/messages": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["MessageView"][] } } } };
  };
  "/api/v1/messages/{id}/read": {
    post: {
      parameters: { path: { id: string } };
      responses: { 204: { content?: never } };
    };
  };
  "/api/v1/print-jobs/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["PrintJobShown"] } } };
    };
  };
  "/api/v1/priority-grounds": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["GroundView"][] } } } };
  };
  "/api/v1/procedures": {
    get: {
      parameters: { query?: { q?: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["ProcedureView"][] } } };
    };
  };
  "/api/v1/procedures/{code}": {
    get: {
      parameters: { path: { code: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["ProcedureView"] } } };
    };
  };
  "/api/v1/rating-summary": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["RatingCountView"][] } } } };
  };
  "/api/v1/ratings": {
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewRating"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["RatingStored"] } } };
    };
  };
  "/api/v1/services": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["ServiceView"][] } } } };
  };
  "/api/v1/session": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["SessionShown"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["Login"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["SessionShown"] } } };
    };
    delete: { responses: { 204: { content?: never } } };
  };
  "/api/v1/tablets/{counter}/token": {
    get: {
      parameters: { path: { counter: number } };
      responses: {
        200: { content: { "application/json": components["schemas"]["TokenView"] } };
        204: { content?: never };
      };
    };
  };
  "/api/v1/tickets": {
    get: { responses: { 200: { content: { "application/json": components["schemas"]["TicketList"] } } } };
    post: {
      requestBody: { content: { "application/json": components["schemas"]["NewTicket"] } };
      responses: { 201: { content: { "application/json": components["schemas"]["IssuedTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}/cancel": {
    post: {
      parameters: { path: { id: string } };
      requestBody: { content: { "application/json": components["schemas"]["Cancelling"] } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/tickets/{id}/reprint": {
    post: {
      parameters: { path: { id: string } };
      responses: { 202: { content: { "application/json": components["schemas"]["PrintJobStarted"] } } };
    };
  };
  "/api/v1/tickets/{id}/return": {
    post: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": components["schemas"]["OneTicket"] } } };
    };
  };
  "/api/v1/units": { get: { responses: { 200: { content: { "application/json": components["schemas"]["UnitView"][] } } } } };
  "/api/v1/uplink": { get: { responses: { 200: { content: { "application/json": components["schemas"]["Versioned"] } } } } };
}
export interface components {
  schemas: {
    Cancelling: { reason?: string | null };
    CardShown: {
      card: Record<string, never>;
      declared: boolean;
      read_at: string;
    };
    CounterAnswer: {
      counter?: null | components["schemas"]["CounterView"];
      reason?: null | components["schemas"]["ReasonView"];
      ticket?: null | components["schemas"]["TicketView"];
    };
    CounterView: {
      current?: string | null;
      name: string;
      number: number;
      officer?: string | null;
      pause_reason?: string | null;
      rev: number;
      services: string[];
      state: string;
    };
    DeadlineAsked: {
      channel?: string | null;
      procedure: string;
      received_at?: string | null;
    };
    DeadlineView: {
      due: string;
      due_at: string;
      provisional: boolean;
      reasons: components["schemas"]["ReasonStep"][];
    };
    Declining: { reason?: string | null };
    DeviceView: {
      class: string;
      counter?: number | null;
      detail: string;
      driver: string;
      id: string;
      reason_code: string;
      since: string;
      state: string;
      title: string;
      transport: string;
    };
    DossierAnswer: {
      deadline: components["schemas"]["DeadlineView"];
      dossier: Record<string, never>;
      print_job?: null | components["schemas"]["PrintJobStarted"];
      rating_token_issued: boolean;
    };
    DossierPage: {
      page_length: number;
      rows: Record<string, never>[];
      total: number;
    };
    EventView: {
      at: string;
      code: string;
      detail: Record<string, never>;
      source: string;
    };
    FeeView: {
      amount_vnd?: number | null;
      kind: string;
      note?: string | null;
      per?: string | null;
    };
    GivenPaper: {
      copies?: number;
      originals?: number;
      received: boolean;
      seq: number;
    };
    GroundView: {
      code: string;
      legal_basis: string;
      name_en: string;
      name_vi: string;
      needs_confirmation: boolean;
    };
    HandingOver: {
      note?: string | null;
      to_node: string;
    };
    HealthView: {
      node: string;
      now: string;
      store: string;
      unit_name: string;
      uplink: Record<string, never>;
      version: string;
    };
    Holding: { reason?: string | null };
    IssuedTicket: {
      print_job?: null | components["schemas"]["PrintJobStarted"];
      ticket: components["schemas"]["TicketView"];
      waiting_ahead: number;
    };
    LimitView: {
      unit: string;
      value: number;
    };
    Login: {
      login: string;
      password: string;
    };
    MessageView: {
      at: string;
      from: string;
      id: string;
      read_at?: string | null;
      read_by?: string | null;
      text: string;
    };
    NewApplicant: {
      address?: string | null;
      birth_date?: string | null;
      citizen_number?: string | null;
      name: string;
      phone?: string | null;
      sex?: string | null;
    };
    NewCollector: {
      name: string;
      number?: string | null;
    };
    NewDossier: {
      applicant: components["schemas"]["NewApplicant"];
      channel?: string;
      components: components["schemas"]["GivenPaper"][];
      counter: number;
      note?: string | null;
      procedure: string;
      result_channel?: string;
      ticket?: string | null;
    };
    NewRating: {
      client_id: string;
      comment?: string | null;
      level: string;
      reasons?: string[];
      respondent: string;
      token: string;
    };
    NewTicket: {
      print?: boolean;
      priority_ground?: string | null;
      service: string;
    };
    Officer: {
      id: string;
      name: string;
      role: components["schemas"]["Role"];
    };
    OneTicket: { ticket: components["schemas"]["TicketView"] };
    PaperView: {
      copies: number;
      name: string;
      needs_confirmation: boolean;
      originals: number;
      seq: number;
    };
    Pausing: { reason: string };
    PrintJobShown: {
      attempts: number;
      dossier?: string | null;
      id: string;
      kind: string;
      message?: string | null;
      message_en?: string | null;
      problem?: string | null;
      state: string;
      ticket?: string | null;
    };
    PrintJobStarted: {
      id: string;
      state: string;
    };
    Problem: {
      code: string;
      details: Record<string, never>;
      message: string;
      message_en: string;
    };
    ProcedureView: {
      code: string;
      fee: components["schemas"]["FeeView"];
      limit: components["schemas"]["LimitView"];
      name: string;
      needs_confirmation: boolean;
      papers: components["schemas"]["PaperView"][];
      sector: string;
      service: string;
      source: string;
      version: number;
    };
    RatingCountView: {
      count: number;
      level: string;
      service: string;
      stage: string;
    };
    RatingStored: { id: string };
    ReasonStep: {
      rule: string;
      sentence: string;
      sentence_en: string;
    };
    ReasonView: {
      oldest_regular_wait_s?: number | null;
      over?: string | null;
      policy: string;
      rule: string;
      sentence: string;
      sentence_en: string;
      threshold_s: number;
      waited_s: number;
    };
    ResultGiven: { title: string };
    Resuming: { ticket: string };
    Returning: {
      collector?: null | components["schemas"]["NewCollector"];
      counter: number;
    };
    Role: "officer" | "head" | "admin";
    ScanStored: {
      media_type: string;
      sha256: string;
      size: number;
    };
    ServiceView: {
      code: string;
      name_en: string;
      name_vi: string;
      promise_priority_min: number;
      promise_regular_min: number;
      series: string;
      waiting_priority: number;
      waiting_regular: number;
    };
    SessionShown: {
      csrf: string;
      officer: components["schemas"]["Officer"];
    };
    SlipWanted: { counter: number };
    TicketList: { tickets: components["schemas"]["TicketView"][] };
    TicketView: {
      begun_at?: string | null;
      business_day: string;
      call_reason?: null | components["schemas"]["ReasonView"];
      called_at?: string | null;
      class: string;
      counter?: number | null;
      finished_at?: string | null;
      id: string;
      issued_at: string;
      label: string;
      printed: string;
      priority_ground?: string | null;
      queued_at: string;
      recall_count: number;
      return_used: boolean;
      rev: number;
      service: string;
      state: string;
    };
    TokenView: {
      expires_at: string;
      stage: string;
      token: string;
    };
    Transferring: {
      counter?: number | null;
      service?: string | null;
    };
    TriedView: {
      code: string;
      done: boolean;
    };
    UnitView: {
      code: string;
      kind: string;
      name: string;
      node: string;
    };
    Versioned: Record<string, never> & {
      at: string;
      version: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
