//! What the lines written meanwhile are about.
//!
//! All accounts of an isolate share one thread, and their work interleaves at every await. So what a line is about is
//! set whenever the work goes on and taken back whenever it pauses: between the two nobody else runs.

use super::Field;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

thread_local! {
    static SUBJECT: RefCell<Vec<Field>> = const { RefCell::new(Vec::new()) };
}

/// Does some work; every line it writes carries these fields. Work within work adds its own.
pub async fn about<T>(fields: Vec<Field>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let _subject = Subject::add(&fields);
        work.as_mut().poll(context)
    })
    .await
}

/// What a line written now is about; for work that goes on beside what began it.
pub fn subject() -> Vec<Field> {
    SUBJECT.with_borrow(Clone::clone)
}

/// As long as it lives, lines are about this, too.
struct Subject {
    before: usize,
}

impl Subject {
    fn add(fields: &[Field]) -> Self {
        SUBJECT.with_borrow_mut(|subject| {
            let before = subject.len();
            subject.extend_from_slice(fields);
            Self { before }
        })
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        SUBJECT.with_borrow_mut(|subject| subject.truncate(self.before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    /// Waits once, as for an answer from outside.
    async fn pause() {
        let mut waited = false;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    #[test]
    fn interleaved_work_of_two_accounts_keeps_its_own_subject() {
        let account = |id: i64| {
            about(vec![("account", id.into())], async move {
                let mut seen = vec![];
                for _ in 0..3 {
                    seen.push(subject());
                    pause().await;
                }
                seen
            })
        };
        let (mut one, mut two) = (Box::pin(account(1)), Box::pin(account(2)));
        let context = &mut Context::from_waker(Waker::noop());
        let (mut first, mut second) = (None, None);
        while first.is_none() || second.is_none() {
            for (work, seen) in [(&mut one, &mut first), (&mut two, &mut second)] {
                if seen.is_none()
                    && let Poll::Ready(all) = work.as_mut().poll(context)
                {
                    *seen = Some(all);
                }
                assert!(subject().is_empty());
            }
        }
        assert_eq!(first, Some(vec![vec![("account", 1.into())]; 3]));
        assert_eq!(second, Some(vec![vec![("account", 2.into())]; 3]));
    }
}
