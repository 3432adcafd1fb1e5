// A reference for the TypeScript client: the shape of a JSON Schema as src/shape/mod.rs describes it. No limits on the
// size of a schema: the service refuses those that would take too long.  node tests/fingerprints.mjs
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const TELLING = ["additionalProperties", "const", "enum", "items", "patternProperties", "prefixItems", "properties", "type", "unevaluatedItems", "unevaluatedProperties"];
const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const own = (object, key) => (isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined);
const list = (value) => (Array.isArray(value) ? value : []);
const entries = (value) => (isObject(value) ? Object.entries(value) : []);

/** The schemas directly within a schema. */
function parts(schema) {
  const single = ["additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "additionalItems"];
  const lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
  const objects = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];
  return [
    ...single.map((key) => own(schema, key)),
    ...lists.flatMap((key) => list(own(schema, key))),
    ...objects.flatMap((key) => entries(own(schema, key)).map(([, part]) => part)),
  ].filter(isObject);
}

function anchors(schema, found = new Map()) {
  for (const key of ["$anchor", "$dynamicAnchor"]) if (typeof own(schema, key) === "string") found.set(schema[key], schema);
  for (const part of parts(schema)) anchors(part, found);
  return found;
}

function target(root, named, reference) {
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined;
  let fragment;
  try { fragment = decodeURIComponent(reference.slice(1)); } catch { return undefined; }
  if (fragment !== "" && !fragment.startsWith("/")) return named.get(fragment);
  const steps = fragment.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce((value, step) => (Array.isArray(value) ? (/^(0|[1-9][0-9]*)$/.test(step) ? value[step] : undefined) : own(value, step)), root);
}

const typeOf = (value) =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;

function types(schemas) {
  const told = new Set();
  const ofValues = new Set();
  for (const schema of schemas) {
    const has = (...keys) => keys.some((key) => Object.hasOwn(schema, key));
    if (has("type")) for (const name of [schema.type].flat()) told.add(name);
    else if (has("const", "enum")) for (const value of [...list(own(schema, "enum")), ...(has("const") ? [schema.const] : [])]) ofValues.add(typeOf(value));
    else {
      if (has("properties", "patternProperties")) told.add("object");
      if (has("items", "prefixItems")) told.add("array");
    }
  }
  if (told.has("number") || ofValues.has("number")) ofValues.delete("integer");
  return TYPES.filter((name) => told.has(name) || ofValues.has(name));
}

export function shape(root) {
  const named = anchors(root);
  const around = [];

  function gather(schema, wrappedIn, gathered) {
    if (!isObject(schema) || wrappedIn.includes(schema)) return;
    gathered.add(schema);
    const inPlace = [
      ...["allOf", "anyOf", "oneOf"].flatMap((key) => list(own(schema, key))),
      ...["if", "then", "else"].map((key) => own(schema, key)),
      ...entries(own(schema, "dependentSchemas")).map(([, part]) => part),
      ...["$ref", "$dynamicRef"].map((key) => target(root, named, own(schema, key))),
    ];
    for (const part of inPlace) gather(part, [...wrappedIn, schema], gathered);
  }

  function place(given) {
    const gathered = new Set();
    for (const schema of given) gather(schema, [], gathered);
    const schemas = [...gathered];
    const telling = new Set(schemas.filter((schema) => TELLING.some((key) => Object.hasOwn(schema, key))));
    for (let up = 1; telling.size > 0 && up <= around.length; up += 1) {
      const other = around[around.length - up];
      if (other.size === telling.size && [...telling].every((schema) => other.has(schema))) return { up };
    }
    around.push(telling);
    const result = inside(schemas);
    around.pop();
    return result;
  }

  function inside(schemas) {
    const members = new Map();
    const rest = [];
    const tuple = [];
    const elements = [];
    for (const schema of schemas) {
      for (const [name, part] of entries(own(schema, "properties"))) if (part !== false) members.set(name, [...(members.get(name) ?? []), part]);
      for (const [, part] of entries(own(schema, "patternProperties"))) if (part !== false) rest.push(part);
      for (const key of ["additionalProperties", "unevaluatedProperties"]) if (isObject(own(schema, key))) rest.push(schema[key]);
      list(own(schema, "prefixItems")).forEach((part, index) => (tuple[index] ??= []).push(part));
      for (const key of ["items", "unevaluatedItems"]) if (isObject(own(schema, key))) elements.push(schema[key]);
    }
    const result = {};
    const names = types(schemas);
    if (names.length > 0) result.types = names;
    if (members.size > 0) result.members = [...members.keys()].sort().map((name) => [name, place(members.get(name))]);
    if (rest.length > 0) result.rest = place(rest);
    if (tuple.length > 0) result.tuple = tuple.map(place);
    if (elements.length > 0) result.elements = place(elements);
    return result;
  }

  return place([root]);
}

export const canonical = (schema) => JSON.stringify(shape(schema));
export const fingerprint = (schema) => "1:" + createHash("sha256").update(canonical(schema)).digest("hex").slice(0, 16);

const examples = JSON.parse(readFileSync(new URL("fingerprints.json", import.meta.url), "utf8"));
let wrong = 0;
for (const { name, before, after, changed } of examples.cases)
  if ((fingerprint(before) !== fingerprint(after)) !== changed) (wrong += 1), console.log("wrong:", name);
for (const { name, schema, ...expected } of examples.exact)
  if (canonical(schema) !== expected.canonical || fingerprint(schema) !== expected.fingerprint) (wrong += 1), console.log("wrong:", name, canonical(schema));
console.log(`${examples.cases.length + examples.exact.length} examples, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
