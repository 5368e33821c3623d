/** As at the center: service groups of one number, the present one among them. */
export const SERVICES_OF_A_TICKET_MAX = 4;
