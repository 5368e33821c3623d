-- Who waits is told which numbers were called before: those whose reason names the waiting number, on the
-- day in whose queue it stands. A label means another ticket each day and at each node.
CREATE INDEX subject_called_over ON subject
    (node, (public -> 'call_reason' ->> 'over'), (COALESCE(public ->> 'carried_to', public ->> 'business_day')))
    WHERE kind = 'ticket' AND (public -> 'call_reason' ->> 'over') IS NOT NULL;

-- The same of calls whose ticket has gone on since: of a day there are few such tickets.
CREATE INDEX subject_ticket_gone_on ON subject
    (node, (COALESCE(public ->> 'carried_to', public ->> 'business_day')))
    WHERE kind = 'ticket' AND public ? 'past_calls';
