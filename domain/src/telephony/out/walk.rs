//! Errands as steps: a request, and what to make of its reply.

use super::{AnErrand, Errand, Next, ProviderError, ProviderRequest, Reply};

/// What a reply leads to.
pub(super) enum Step<T> {
    /// Another request, and what to make of its reply.
    Ask(ProviderRequest, Then<T>),
    /// The end.
    Done(T),
}

/// What to make of a reply.
pub(super) type Then<T> = Box<dyn FnOnce(Reply<'_>) -> Result<Step<T>, ProviderError>>;

impl<T> Step<T> {
    /// Another request.
    pub(super) fn ask(
        request: ProviderRequest,
        then: impl FnOnce(Reply<'_>) -> Result<Self, ProviderError> + 'static,
    ) -> Self {
        Self::Ask(request, Box::new(then))
    }
}

/// An errand that begins with a step.
pub(super) fn begin<T: 'static>(first: Step<T>) -> Option<AnErrand<T>> {
    Some(Box::new(Walk { first: Some(Ok(first)), then: None }))
}

/// An errand of one request.
pub(super) fn once<T: 'static>(
    request: ProviderRequest,
    read: impl FnOnce(Reply<'_>) -> Result<T, ProviderError> + 'static,
) -> Option<AnErrand<T>> {
    begin(Step::ask(request, |reply| read(reply).map(Step::Done)))
}

/// An errand that cannot even begin, with the reason for a person.
pub(super) fn refuse<T: 'static>(reason: impl Into<String>) -> Option<AnErrand<T>> {
    Some(Box::new(Walk { first: Some(Err(ProviderError::Refused(reason.into()))), then: None }))
}

struct Walk<T> {
    first: Option<Result<Step<T>, ProviderError>>,
    then: Option<Then<T>>,
}

impl<T> Errand for Walk<T> {
    type Answer = T;

    fn next(&mut self, reply: Option<Reply<'_>>) -> Result<Next<T>, ProviderError> {
        let step = match (reply, self.then.take()) {
            (Some(reply), Some(then)) => then(reply)?,
            // A step that is asked for out of turn has no answer.
            _ => self.first.take().unwrap_or(Err(ProviderError::Unreadable))?,
        };
        Ok(match step {
            Step::Ask(request, then) => {
                self.then = Some(then);
                Next::Ask(Box::new(request))
            }
            Step::Done(answer) => Next::Done(answer),
        })
    }
}
