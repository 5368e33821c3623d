/** The console's page of the queue: how it is worked by keyboard, and what it says. */
import assert from 'node:assert/strict';
import { ticketNamed } from './site.mjs';

/** What a key or a name on a focused element does; the mouse is not touched. */
export const press = (page, key) => page.keyboard.press(key);

/** Goes by Tab to what has this name, as somebody without a mouse does. */
export async function tabTo(page, role, name) {
  const target = page.getByRole(role, { name }).first();
  await target.waitFor();
  for (let n = 0; n < 80; n += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await press(page, 'Tab');
  }
  assert.fail(`Tab does not lead to ${role} «${name}»`);
}

/** The number in the bar of the counter. */
export const current = (page, label) => page.locator('.ticket-bar').getByText(label, { exact: true });
export const said = (page, text) => page.locator('.toasts').getByText(text).first().waitFor();
export const state = async (label) => (await ticketNamed(label)).state;
