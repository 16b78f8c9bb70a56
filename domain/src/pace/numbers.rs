//! What gate and accounts say to each other, and what the gate stores, is a row of whole numbers: short on the wire, and
//! a fraction of the code that names would need in the Worker.

/// A row of numbers that is read from its front.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a>(pub &'a [i64]);

impl<'a> Numbers<'a> {
    /// The next `N` of them.
    pub fn take<const N: usize>(&mut self) -> Option<[i64; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    /// A list of groups of `N`, which begins with its length.
    pub fn list<const N: usize>(&mut self) -> Option<impl Iterator<Item = [i64; N]> + 'a> {
        let [length] = self.take()?;
        let (list, rest) = self.0.split_at_checked(usize::try_from(length).ok()?.checked_mul(N)?)?;
        self.0 = rest;
        Some(Numbers(list).rest())
    }

    /// Everything that is left, in groups of `N`.
    pub fn rest<const N: usize>(mut self) -> impl Iterator<Item = [i64; N]> + 'a {
        std::iter::from_fn(move || self.take())
    }
}
