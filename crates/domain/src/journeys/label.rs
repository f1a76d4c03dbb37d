//! Labels: short coloured words of a project that journeys carry.

use serde::{Deserialize, Serialize};

use crate::ids::LabelId;

/// Most labels on one journey (docs/design.md, Limits).
pub const LABELS_PER_JOURNEY: usize = 10;

/// Most labels of a project. Labels that no journey has make room for new ones.
pub const LABELS_MAX: i64 = 500;

/// How many hues a label can have; the page has a token for each.
pub const LABEL_HUES: u8 = 8;

/// A coloured word on a journey.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Label {
    pub id: LabelId,
    pub name: String,
    /// Which of the colours of labels it has, from 0 to 7.
    #[cfg_attr(feature = "openapi", schema(maximum = 7))]
    pub hue: u8,
}

/// A hue that depends on the name alone, so that a label looks the same in every project.
pub fn hue_of(name: &str) -> u8 {
    let sum =
        name.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    (sum % u32::from(LABEL_HUES)) as u8
}
