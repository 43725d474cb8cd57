use std::borrow::Cow;

/// Bytes in front of the tables of a table entry with 8-bit numbers (ICC.1:2022, 10.11).
const HEADER: usize = 48;
/// Steps of its curves.
const STEPS: usize = 256;

/// Turns a table of 8-bit numbers that ends in Lab into one of 16 bits.
///
/// The two code Lab differently: 8 bits as 255 for the brightest, 16 bits of this kind of table as 65,280. The library reads
/// both as the latter, which makes colours redder by up to two grey levels.
pub(super) fn widened<'a>(entry: &'a [u8], connection: &[u8]) -> Cow<'a, [u8]> {
    let narrow = entry.starts_with(b"mft1") && connection == b"Lab ";
    narrow
        .then(|| wide(entry))
        .flatten()
        .map_or(Cow::Borrowed(entry), Cow::Owned)
}

fn wide(entry: &[u8]) -> Option<Vec<u8>> {
    let (header, numbers) = entry.split_at_checked(HEADER)?;
    let [inputs, outputs, grid] = [8, 9, 10].map(|at| usize::from(header[at]));
    let nodes = grid.checked_pow(u32::try_from(inputs).ok()?)?;
    let before = (inputs * STEPS).checked_add(nodes.checked_mul(outputs)?)?;
    let (curves_and_nodes, rest) = numbers.split_at_checked(before)?;
    let last_curves = rest.get(..outputs * STEPS)?;
    let mut out = Vec::with_capacity(4 + 2 * entry.len());
    out.extend(b"mft2");
    out.extend(&header[4..]);
    out.extend([1, 0, 1, 0]);
    // All but the last curves are shares of their range; these are Lab itself.
    out.extend(curves_and_nodes.iter().flat_map(|byte| [*byte; 2]));
    out.extend(last_curves.iter().flat_map(|byte| [*byte, 0]));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_meaning_and_damage_its_form() {
        let mut entry = b"mft1\0\0\0\0\x01\x03\x02\0".to_vec();
        entry.resize(HEADER, 0);
        entry.extend(0..=255);
        entry.extend([0, 128, 255, 9, 9, 9]);
        entry.extend((0..3).flat_map(|_| 0..=255));
        let wide = widened(&entry, b"Lab ");
        assert_eq!(wide.len(), 4 + HEADER + 2 * (entry.len() - HEADER));
        assert_eq!(wide[HEADER..HEADER + 4], [1, 0, 1, 0]);
        assert_eq!(wide[HEADER + 4 + 512..][..6], [0, 0, 128, 128, 255, 255]);
        // Zero of a and b, and the brightest L*.
        let last = &wide[wide.len() - 512..];
        assert_eq!(
            (&last[256..258], &last[510..]),
            (&[128, 0][..], &[255, 0][..])
        );
        assert_eq!(widened(&entry, b"XYZ "), entry);
        for end in 0..entry.len() {
            assert_eq!(&*widened(&entry[..end], b"Lab "), &entry[..end]);
        }
    }
}
