//! How much the time between packets varied, as a histogram with the operator's bins.

/// Edges between bins, at most.
pub const MOST_EDGES: usize = 7;

/// Bins: one below the first edge, one from each edge on.
pub const BINS: usize = MOST_EDGES + 1;

/// Edges between the bins of delay variation, in ms, ascending. Those that are not used are [`u16::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges([u16; MOST_EDGES]);

impl Default for Edges {
    /// The bins operators are used to.
    fn default() -> Self {
        Edges([50, 70, 90, 120, 150, 200, 300])
    }
}

impl Edges {
    /// Edges in ms; `None` unless there are one to seven, ascending, none of them 0.
    pub fn new(edges_ms: &[u16]) -> Option<Edges> {
        let ascending = edges_ms.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = (1..=MOST_EDGES).contains(&edges_ms.len());
        if !fits || !ascending || edges_ms.first() == Some(&0) || edges_ms.last() == Some(&u16::MAX)
        {
            return None;
        }
        let mut edges = [u16::MAX; MOST_EDGES];
        edges
            .iter_mut()
            .zip(edges_ms)
            .for_each(|(edge, ms)| *edge = *ms);
        Some(Edges(edges))
    }

    /// The edges in use.
    pub fn in_ms(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().copied().filter(|edge| *edge != u16::MAX)
    }
}

/// Packets by how far their spacing was from what their time stamps say: `|D|` of RFC 3550, 6.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelayVariation([u32; BINS]);

impl DelayVariation {
    /// Takes the transit difference of the next packet.
    pub fn on_difference(&mut self, difference_ms: f64, edges: &Edges) {
        let size_ms = difference_ms.abs();
        let bin = edges
            .in_ms()
            .take_while(|edge| size_ms >= f64::from(*edge))
            .count();
        if let Some(n) = self.0.get_mut(bin) {
            *n = n.saturating_add(1);
        }
    }

    /// Packets in each bin in use: below the first edge, from each edge to the next, from the last on.
    pub fn bins(&self, edges: &Edges) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied().take(edges.in_ms().count() + 1)
    }

    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &DelayVariation) -> DelayVariation {
        let mut bins = self.0;
        for (n, before) in bins.iter_mut().zip(earlier.0) {
            *n = n.saturating_sub(before);
        }
        DelayVariation(bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &Edges, differences_ms: &[f64], expected: &[u32]) {
        let mut variation = DelayVariation::default();
        for &ms in differences_ms {
            variation.on_difference(ms, edges);
        }
        assert_eq!(variation.bins(edges).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_edge_belongs_to_the_bin_above_it() {
        let sizes = [
            0.0, -49.9, 50.0, -70.0, 89.0, 120.0, 150.0, 250.0, 300.0, -4000.0,
        ];
        check(&Edges::default(), &sizes, &[2, 1, 2, 0, 1, 1, 1, 2]);
        check(&Edges::new(&[10, 100]).unwrap(), &sizes, &[1, 4, 5]);
    }

    #[test]
    fn edges_ascend() {
        for wrong in [
            &[][..],
            &[0, 10],
            &[10, 10],
            &[20, 10],
            &[1, 2, 3, 4, 5, 6, 7, 8],
        ] {
            assert_eq!(Edges::new(wrong), None, "{wrong:?}");
        }
    }
}
