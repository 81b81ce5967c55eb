//! Counts the text that the readers of denials scan, so that tests can measure how their work grows
//! with a hostile input. Outside tests, this does nothing.

/// The text itself, counted as scanned once.
#[inline]
pub(crate) fn scan<T: AsRef<[u8]> + ?Sized>(text: &T) -> &T {
    #[cfg(test)]
    counter::add(text.as_ref().len());
    text
}

#[cfg(test)]
pub(crate) use counter::assert_linear;

#[cfg(test)]
mod counter {
    use std::cell::Cell;

    /// How much more work twice the text may take.
    const MAX_GROWTH: f64 = 2.2;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts a scan over this many bytes. A scan over nothing is a step too.
    pub(super) fn add(bytes: usize) {
        STEPS.set(STEPS.get() + bytes + 1);
    }

    fn count_steps(read: &impl Fn(&str), text: &str) -> usize {
        STEPS.set(0);
        read(text);
        STEPS.get()
    }

    /// Asserts that a text of twice the repetitions takes about twice the steps. The texts must be
    /// long beside every limit of the reader.
    #[track_caller]
    pub(crate) fn assert_linear(
        name: &str,
        repetitions: usize,
        text: impl Fn(usize) -> String,
        read: impl Fn(&str),
    ) {
        let (single, double) = (text(repetitions), text(2 * repetitions));
        let (once, twice) = (count_steps(&read, &single), count_steps(&read, &double));
        assert!(
            once >= single.len(),
            "{name}: only {once} steps counted in {} bytes",
            single.len()
        );
        #[expect(clippy::cast_precision_loss, reason = "a ratio to one decimal")]
        let growth = twice as f64 / once as f64;
        assert!(growth <= MAX_GROWTH, "{name}: {once} steps, then {twice}: {growth:.1} times");
    }
}
