//! todo
pub(crate) fn main(_: &mut crate::args::Args) -> anyhow::Result<()> {
    anyhow::bail!("todo")
}
