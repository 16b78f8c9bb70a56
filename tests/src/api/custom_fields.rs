//! Custom fields as a client writes them: named by id or code, each with a list of values.

use serde_json::Value;

use super::check::Fields;
use crate::state::{CustomField, EntityKind, FIELDS, FieldSpec, FieldValue};

/// Reads `custom_fields_values`.
pub(super) fn custom_fields(fields: &mut Fields<'_>, kind: EntityKind) -> Vec<CustomField> {
    let mut found: Vec<CustomField> = Vec::new();
    for mut given in fields.objects("custom_fields_values") {
        if let Some(spec) = spec(&mut given, kind) {
            let values = if given.is_null("values") {
                Vec::new()
            } else {
                if !given.has("values") {
                    given.missing("values");
                }
                values(&mut given, spec)
            };
            found.retain(|known| known.field.id != spec.id);
            found.push(CustomField { field: spec, values });
        }
        fields.absorb(given);
    }
    found
}

fn spec(given: &mut Fields<'_>, kind: EntityKind) -> Option<&'static FieldSpec> {
    let name = if given.has("field_id") { "field_id" } else { "field_code" };
    let spec = if name == "field_id" {
        let id = given.id(name)?;
        FIELDS.iter().find(|spec| spec.kind == kind && spec.id == id)
    } else if given.has(name) {
        let code = given.text(name)?;
        FIELDS.iter().find(|spec| spec.kind == kind && spec.code == code)
    } else {
        given.missing("field_id");
        return None;
    };
    if spec.is_none() {
        given.unknown(name);
    }
    spec
}

fn values(given: &mut Fields<'_>, spec: &FieldSpec) -> Vec<FieldValue> {
    let mut found = Vec::new();
    for mut value in given.objects("values") {
        let text = if value.has("value") { value.text("value") } else { None };
        if !value.has("value") {
            value.missing("value");
        }
        let enumeration = if value.has("enum_id") {
            value.id("enum_id").map(|id| spec.enums.iter().position(|known| known.0 == id))
        } else {
            let name = if value.has("enum_code") { "enum_code" } else { "enum" };
            value.text(name).map(|code| spec.enums.iter().position(|known| known.1 == code))
        };
        if enumeration == Some(None) {
            let name = ["enum_id", "enum_code", "enum"].into_iter().find(|name| value.has(name)).unwrap_or("enum_code");
            value.unknown(name);
        }
        if let Some(text) = text {
            found.push(FieldValue {
                value: Value::String(text),
                enumeration: enumeration.flatten().or((!spec.enums.is_empty()).then_some(0)),
            });
        }
        given.absorb(value);
    }
    found
}
