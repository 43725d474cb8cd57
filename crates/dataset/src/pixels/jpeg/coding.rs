use crate::pixels::Flaw;

/// What the components of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Grey,
    /// Luma and two differences of colour.
    Ycc,
    Rgb,
    Cmyk,
    /// Ink, of which all but the black is coded as luma and two differences.
    Ycck,
}

impl Coding {
    /// Decides as libjpeg does: JFIF, then what Adobe's marker says, then the names of the components.
    pub(super) fn of(names: &[u8], has_jfif: bool, adobe: Option<u8>) -> Result<Self, Flaw> {
        match (names, adobe) {
            ([_], _) => Ok(Self::Grey),
            ([_, _, _], Some(0)) | ([b'R', b'G', b'B'], None) if !has_jfif => Ok(Self::Rgb),
            ([_, _, _], _) => Ok(Self::Ycc),
            ([_, _, _, _], None | Some(0)) => Ok(Self::Cmyk),
            ([_, _, _, _], Some(_)) => Ok(Self::Ycck),
            _ => Err(Flaw::Unsupported(format!(
                "JPEG of {} colours",
                names.len()
            ))),
        }
    }

    /// The segment by which decoders tell, with their own rules out of play.
    pub(super) fn segment(self) -> [u8; 16] {
        let mut segment = *b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01";
        segment[15] = match self {
            Self::Grey | Self::Ycc => 1,
            Self::Rgb | Self::Cmyk => 0,
            Self::Ycck => 2,
        };
        segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_count_before_names_and_jfif_before_adobe() {
        let of = |names: &[u8], jfif, adobe| Coding::of(names, jfif, adobe).unwrap();
        assert_eq!(of(&[1, 2, 3], true, Some(0)), Coding::Ycc);
        assert_eq!(of(&[1, 2, 3], false, Some(0)), Coding::Rgb);
        assert_eq!(of(b"RGB", false, None), Coding::Rgb);
        assert_eq!(of(b"RGB", false, Some(1)), Coding::Ycc);
        assert_eq!(of(b"RGB", true, None), Coding::Ycc);
        assert_eq!(of(&[0, 1, 2], false, None), Coding::Ycc);
        assert_eq!(of(&[1], false, Some(2)), Coding::Grey);
        assert_eq!(of(b"CMYK", false, None), Coding::Cmyk);
        assert_eq!(of(&[1, 2, 3, 4], true, Some(0)), Coding::Cmyk);
        assert_eq!(of(&[1, 2, 3, 4], false, Some(2)), Coding::Ycck);
        assert_eq!(
            Coding::of(&[1, 2], false, None).unwrap_err().code(),
            "unsupported"
        );
    }
}
