//! Length-prefixed fields: how everything of ours becomes bytes. A field is its length as u32,
//! big-endian, then its bytes; integers are big-endian at a fixed width.

/// Writes fields one after another.
#[derive(Default)]
pub(crate) struct FieldWriter {
    bytes: Vec<u8>,
}

impl FieldWriter {
    pub(crate) fn with_capacity(capacity: usize) -> FieldWriter {
        FieldWriter { bytes: Vec::with_capacity(capacity) }
    }

    pub(crate) fn put(&mut self, field: &[u8]) {
        // No field of ours comes near 4 GiB: limits are checked before anything is written.
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(field);
    }

    pub(crate) fn put_u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    /// Writes a field whose bytes are fields themselves, without building them apart.
    pub(crate) fn put_nested(&mut self, write: impl FnOnce(&mut FieldWriter)) {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        write(self);
        let length = u32::try_from(self.bytes.len() - at - 4).unwrap_or(u32::MAX);
        self.bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// What can be wrong with a field; each format turns it into its own error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldError {
    Truncated,
    BadLength,
    TooLong,
    NotText,
}

/// Reads fields one after another and never beyond the end.
pub(crate) struct FieldReader<'a> {
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> FieldReader<'a> {
        FieldReader { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, length_max: usize) -> Result<&'a [u8], FieldError> {
        let (prefix, rest) = self.rest.split_first_chunk::<4>().ok_or(FieldError::Truncated)?;
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > length_max {
            return Err(FieldError::TooLong);
        }
        if length > rest.len() {
            return Err(FieldError::Truncated);
        }
        let (field, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(field)
    }

    pub(crate) fn take_array<const N: usize>(&mut self) -> Result<[u8; N], FieldError> {
        match self.take(N) {
            Ok(field) => field.try_into().map_err(|_| FieldError::BadLength),
            Err(FieldError::TooLong) => Err(FieldError::BadLength),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn take_u64(&mut self) -> Result<u64, FieldError> {
        self.take_array().map(u64::from_be_bytes)
    }

    pub(crate) fn take_text(&mut self, length_max: usize) -> Result<String, FieldError> {
        let field = self.take(length_max)?;
        std::str::from_utf8(field).map(str::to_owned).map_err(|_| FieldError::NotText)
    }
}
