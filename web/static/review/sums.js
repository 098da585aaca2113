// The form's sums, judged as extractor/rules/arithmetic.py judges them: blanks and marks are zero, rows and
// columns that the document lacks are left out, an unreadable cell leaves the sum unjudged.
// Exact: figures are counted in millionths as BigInt (fees have at most six decimals).

const SCALE = 1000000n;

export function exact(value) {
  if (value === null || value === undefined || value === "") return 0n;
  const text = String(value);
  const sign = text.startsWith("-") ? -1n : 1n;
  const [whole, part = ""] = text.replace(/^[-+]/, "").split(".");
  return sign * (BigInt(whole || "0") * SCALE + BigInt(part.slice(0, 6).padEnd(6, "0")));
}

export function plain(amount) {
  const sign = amount < 0n ? "-" : "";
  const size = amount < 0n ? -amount : amount;
  const part = (size % SCALE).toString().padStart(6, "0").replace(/0+$/, "");
  return `${sign}${size / SCALE}${part ? `.${part}` : ""}`;
}

export function judge(identity, look) {
  const here = [...identity.parts, ...identity.equals].filter((id) => look(id) && look(id).state !== "missing");
  const whole = identity.equals.every((id) => here.includes(id)) && identity.parts.some((id) => here.includes(id));
  if (!whole || here.some((id) => look(id).state === "illegible")) return { holds: null, fields: here };
  if (here.every((id) => look(id).state === "blank")) return { holds: true, parts: 0n, equals: 0n, fields: here };
  const sum = (ids) => ids.filter((id) => here.includes(id)).reduce((total, id) => total + exact(look(id).value), 0n);
  const parts = sum(identity.parts);
  const equals = sum(identity.equals);
  return { holds: parts === equals, parts, equals, difference: parts - equals, fields: here };
}

export class Sums {
  constructor(identities, look) {
    this.identities = identities;
    this.look = look;
    this.of_field = new Map();
    for (const one of identities) {
      for (const id of [...one.parts, ...one.equals]) {
        if (!this.of_field.has(id)) this.of_field.set(id, []);
        this.of_field.get(id).push(one);
      }
    }
  }

  // Every sum of a field; `typed` stands for the field's own value while it is typed.
  around(id, typed = null) {
    const look = (other) => (other === id && typed ? typed : this.look(other));
    return (this.of_field.get(id) ?? []).map((identity) => ({ identity, ...judge(identity, look) }));
  }

  failing() {
    const found = new Set();
    for (const one of this.identities) {
      const told = judge(one, this.look);
      if (told.holds === false) told.fields.forEach((id) => found.add(id));
    }
    return found;
  }
}
