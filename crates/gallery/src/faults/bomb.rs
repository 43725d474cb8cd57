//! The pixel bomb: a PNG that promises 60,000 by 60,000 pixels in a few bytes.

/// Side of the picture that the header promises; decoded as RGBA it would take 14 GB.
pub(super) const SIDE: u32 = 60_000;

/// An empty zlib stream: header, one final block of no symbols, Adler-32 of nothing (RFC 1950, RFC 1951).
const EMPTY_ZLIB: [u8; 8] = [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];

/// Makes the bomb: all chunks are well-formed and their checksums right, only the pixels are missing.
pub(super) fn make() -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&SIDE.to_be_bytes());
    header.extend_from_slice(&SIDE.to_be_bytes());
    header.extend_from_slice(&[8, 6, 0, 0, 0]); // 8 bits a channel, RGBA, the only methods there are, not interlaced
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    append_chunk(&mut png, *b"IHDR", &header);
    append_chunk(&mut png, *b"IDAT", &EMPTY_ZLIB);
    append_chunk(&mut png, *b"IEND", &[]);
    png
}

fn append_chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("the bomb's chunks are a few bytes long");
    png.extend_from_slice(&length.to_be_bytes());
    let checked_from = png.len();
    png.extend_from_slice(&kind);
    png.extend_from_slice(data);
    let checksum = crc32(&png[checked_from..]);
    png.extend_from_slice(&checksum.to_be_bytes());
}

/// CRC-32 as PNG defines it (ISO 3309; reflected polynomial 0xEDB88320), bit by bit: the input is tiny.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageReader;

    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926); // the check value of CRC-32/ISO-HDLC
        assert_eq!(crc32(b"IEND"), 0xAE42_6082); // every PNG ends in it
    }

    #[test]
    fn a_decoder_believes_the_header() {
        let png = make();
        assert!(png.len() < 100);
        let reader = ImageReader::new(Cursor::new(&png))
            .with_guessed_format()
            .unwrap();
        assert_eq!(reader.into_dimensions().unwrap(), (SIDE, SIDE));
    }
}
