//! Where dragged cards may stand: inside the window, beside the CRM's left menu and below what stands at its top.

/// The CRM's left menu is this wide (Kommo widget guide: interface).
const MENU: i32 = 65;
/// As high as the CRM's own controls at the top.
const TOP: i32 = 64;

/// The lower left corner of the cards, in pixels from the window's lower left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From the left.
    pub left: i32,
    /// From below.
    pub bottom: i32,
}

impl Place {
    /// The nearest place at which something of this size covers nothing of the CRM's. What is larger than the room
    /// there is stands at the menu and at the bottom, where it stood before anybody moved it.
    pub fn kept_inside(self, size: (i32, i32), window: (i32, i32)) -> Self {
        let most_left = window.0.saturating_sub(size.0).max(MENU);
        let most_bottom = window.1.saturating_sub(size.1).saturating_sub(TOP).max(0);
        Self { left: self.left.clamp(MENU, most_left), bottom: self.bottom.clamp(0, most_bottom) }
    }

    /// As it is kept in the browser.
    pub fn to_text(self) -> String {
        [&i64::from(self.left).to_string(), ",", &i64::from(self.bottom).to_string()].concat()
    }

    /// As it was kept; what cannot be read was never a place.
    pub fn from_text(text: &str) -> Option<Self> {
        // By way of the kind of number the page reads and writes anyway.
        let number = |text: &str| i32::try_from(text.parse::<i64>().ok()?).ok();
        let (left, bottom) = text.split_once(',')?;
        Some(Self { left: number(left)?, bottom: number(bottom)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_they_are_dragged_the_cards_cover_neither_menu_nor_top_and_stay_inside() {
        let (size, window) = ((352, 300), (1440, 900));
        for (wanted, kept) in [
            ((500, 200), (500, 200)),
            ((-50, -50), (65, 0)),
            ((64, 0), (65, 0)),
            ((5000, 5000), (1440 - 352, 900 - 300 - 64)),
            ((i32::MIN, i32::MAX), (65, 536)),
        ] {
            let place = Place { left: wanted.0, bottom: wanted.1 }.kept_inside(size, window);
            assert_eq!((place.left, place.bottom), kept, "{wanted:?}");
        }
    }

    #[test]
    fn in_a_window_too_small_for_them_they_stand_where_they_always_stood() {
        let place = Place { left: 300, bottom: 300 }.kept_inside((352, 900), (400, 800));
        assert_eq!(place, Place { left: 65, bottom: 0 });
        let place = Place { left: 3, bottom: 3 }.kept_inside((i32::MAX, i32::MAX), (0, 0));
        assert_eq!(place, Place { left: 65, bottom: 0 });
    }

    #[test]
    fn a_place_is_kept_and_nonsense_is_not_one() {
        let place = Place { left: 500, bottom: -7 };
        assert_eq!(Place::from_text(&place.to_text()), Some(place));
        for text in ["", "1", "1,", "a,b", "1,2,3", "1.5,2", "99999999999,1"] {
            assert_eq!(Place::from_text(text), None, "{text}");
        }
    }
}
