//! Reads the shape of a schema: collects what its schemas say of each place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Shape, TooComplex,
    references::{Document, references},
};

/// The types of JSON Schema.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/// Keywords by which a schema says something about the shape itself.
const TELLING: [&str; 10] = [
    "additionalProperties",
    "const",
    "enum",
    "items",
    "patternProperties",
    "prefixItems",
    "properties",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// More places than any form has.
const MOST_PLACES: usize = 10_000;
/// How often schemas may be read in all: a choice of two hundred countries counts two hundred each time it is asked.
const MOST_READINGS: usize = 100_000;
/// Places within places. As deep as a body may be.
const DEEPEST: usize = 128;
/// Schemas within schemas that speak of the same place. Validation goes as deep, at each level of an instance.
const MOST_WRAPPED: usize = 16;

/// Reads a document place by place.
pub struct Reader<'a> {
    document: Document<'a>,
    around: Vec<Telling>,
    places: usize,
    readings: usize,
}

/// The schemas of a place that say something: which, and how many readings of them there were.
struct Telling {
    schemas: BTreeSet<*const Map<String, Value>>,
    readings: usize,
}

impl Telling {
    fn of(schemas: &[&Map<String, Value>]) -> Self {
        let tells = |schema: &Map<String, Value>| TELLING.iter().any(|keyword| schema.contains_key(*keyword));
        let telling: Vec<_> = schemas.iter().copied().filter(|schema| tells(schema)).collect();
        Self { readings: telling.len(), schemas: telling.into_iter().map(std::ptr::from_ref).collect() }
    }
}

impl<'a> Reader<'a> {
    /// At the start of a document.
    pub fn of(schema: &'a Value) -> Self {
        Self { document: Document::of(schema), around: Vec::new(), places: 0, readings: 0 }
    }

    /// The shape of a place, of all schemas that its container gives for it.
    pub fn place(&mut self, given: &[&'a Value]) -> Result<Shape, TooComplex> {
        self.places += 1;
        if self.places > MOST_PLACES || self.around.len() > DEEPEST {
            return Err(TooComplex);
        }
        let mut schemas = Vec::new();
        for schema in given {
            self.gather(schema, &mut Vec::new(), &mut schemas)?;
        }
        let telling = Telling::of(&schemas);
        let same = |around: &Telling| !telling.schemas.is_empty() && around.schemas == telling.schemas;
        if let Some(levels) = self.around.iter().rev().position(same) {
            // A repetition that is read more often than what it repeats doubles with every level of an instance.
            let repeated = &self.around[self.around.len() - 1 - levels];
            return match telling.readings > repeated.readings {
                true => Err(TooComplex),
                false => Ok(Shape { up: levels + 1, ..Shape::default() }),
            };
        }
        self.around.push(telling);
        let shape = self.inside(&schemas)?;
        self.around.pop();
        Ok(shape)
    }

    /// The schema and all that it holds in place, as often as a validator reads them.
    fn gather(
        &mut self,
        schema: &'a Value,
        wrapped_in: &mut Vec<*const Value>,
        gathered: &mut Vec<&'a Map<String, Value>>,
    ) -> Result<(), TooComplex> {
        self.readings += 1;
        if self.readings > MOST_READINGS || wrapped_in.len() > MOST_WRAPPED {
            return Err(TooComplex);
        }
        let Value::Object(keywords) = schema else { return Ok(()) };
        if wrapped_in.contains(&std::ptr::from_ref(schema)) {
            return Ok(());
        }
        gathered.push(keywords);
        wrapped_in.push(schema);
        let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| keywords.get(keyword)?.as_array());
        let conditions = ["if", "then", "else"].into_iter().filter_map(|keyword| keywords.get(keyword));
        let dependent = keywords.get("dependentSchemas").and_then(Value::as_object);
        let targets: Vec<_> = references(schema).filter_map(|(_, reference)| self.document.target(reference)).collect();
        let in_place = lists.flatten().chain(conditions).chain(dependent.into_iter().flat_map(Map::values));
        for part in in_place.chain(targets) {
            self.gather(part, wrapped_in, gathered)?;
        }
        wrapped_in.pop();
        Ok(())
    }

    fn inside(&mut self, schemas: &[&'a Map<String, Value>]) -> Result<Shape, TooComplex> {
        let given = Given::of(schemas);
        let mut shape = Shape {
            types: types(schemas),
            closed: given.names_some && !given.open,
            patterns: given.patterns.into_iter().map(str::to_owned).collect(),
            readings: schemas.iter().map(|schema| 1 + required(schema)).sum(),
            ..Shape::default()
        };
        for (name, given) in given.members {
            shape.members.insert(name.to_owned(), self.place(&given)?);
        }
        if !given.rest.is_empty() {
            shape.rest = Some(Box::new(self.place(&given.rest)?));
        }
        for given in given.tuple {
            shape.tuple.push(self.place(&given)?);
        }
        if !given.elements.is_empty() {
            shape.elements = Some(Box::new(self.place(&given.elements)?));
        }
        let mut names = Vec::new();
        for schema in schemas.iter().filter_map(|schema| schema.get("propertyNames")) {
            self.gather(schema, &mut Vec::new(), &mut names)?;
        }
        shape.name_readings = names.len();
        Ok(shape)
    }
}

/// The schemas that those of a place give for the places within it.
#[derive(Default)]
struct Given<'a> {
    members: BTreeMap<&'a str, Vec<&'a Value>>,
    rest: Vec<&'a Value>,
    tuple: Vec<Vec<&'a Value>>,
    elements: Vec<&'a Value>,
    patterns: BTreeSet<&'a str>,
    names_some: bool,
    open: bool,
}

impl<'a> Given<'a> {
    fn of(schemas: &[&'a Map<String, Value>]) -> Self {
        let mut given = Self::default();
        for schema in schemas {
            given.add(schema);
        }
        given
    }

    fn add(&mut self, schema: &'a Map<String, Value>) {
        for (name, schema) in object(schema, "properties") {
            self.names_some = true;
            if *schema != Value::Bool(false) {
                self.members.entry(name).or_default().push(schema);
            }
        }
        for (pattern, schema) in object(schema, "patternProperties") {
            self.names_some = true;
            if *schema != Value::Bool(false) {
                self.patterns.insert(pattern);
                self.rest.push(schema);
            }
        }
        for others in ["additionalProperties", "unevaluatedProperties"].into_iter().filter_map(|name| schema.get(name))
        {
            self.open |= *others != Value::Bool(false);
            self.rest.extend(Some(others).filter(|others| others.is_object()));
        }
        let tuple = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        for (position, schema) in tuple.enumerate() {
            if self.tuple.len() == position {
                self.tuple.push(Vec::new());
            }
            self.tuple[position].push(schema);
        }
        let elements = ["items", "unevaluatedItems"].into_iter().filter_map(|name| schema.get(name));
        self.elements.extend(elements.filter(|elements| elements.is_object()));
    }
}

/// How many names a schema requires.
fn required(schema: &Map<String, Value>) -> usize {
    let dependent = object(schema, "dependentRequired").map(|(_, names)| names);
    schema.get("required").into_iter().chain(dependent).filter_map(Value::as_array).map(Vec::len).sum()
}

fn types(schemas: &[&Map<String, Value>]) -> BTreeSet<&'static str> {
    let mut told = BTreeSet::new();
    let mut of_values = BTreeSet::new();
    for schema in schemas {
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
        match schema.get("type") {
            Some(Value::Array(names)) => told.extend(names.iter().filter_map(known_type)),
            Some(name) => told.extend(known_type(name)),
            None if schema.contains_key("enum") || schema.contains_key("const") => {
                of_values.extend(values.map(type_of))
            }
            None => {
                let has = |keywords: [&str; 2]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
                told.extend(has(["properties", "patternProperties"]).then_some("object"));
                told.extend(has(["items", "prefixItems"]).then_some("array"));
            }
        }
    }
    if told.contains("number") || of_values.contains("number") {
        of_values.remove("integer");
    }
    told.into_iter().chain(of_values).collect()
}

fn known_type(name: &Value) -> Option<&'static str> {
    TYPES.into_iter().find(|known| name == known)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_none_or(|number| number.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn object<'a>(schema: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema.get(keyword).and_then(Value::as_object).into_iter().flatten()
}
