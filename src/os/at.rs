//! Reading and writing a file at an offset: `read_at`, `read_exact_at`, `write_all_at`.

#[cfg(unix)]
pub use std::os::unix::fs::FileExt;

#[cfg(windows)]
pub use windows::FileExt;

#[cfg(windows)]
mod windows {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt as _;

    /// As Unix has it, except that the file's own position moves.
    pub trait FileExt {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
        fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

        /// `UnexpectedEof` where the file ends before the buffer is full.
        fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
            while !buffer.is_empty() {
                match self.read_at(buffer, offset) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(read) => {
                        buffer = buffer.get_mut(read..).unwrap_or_default();
                        offset += read as u64;
                    }
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        }

        fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
            while !bytes.is_empty() {
                match self.write_at(bytes, offset) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => {
                        bytes = bytes.get(written..).unwrap_or_default();
                        offset += written as u64;
                    }
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        }
    }

    impl FileExt for File {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.seek_read(buffer, offset)
        }

        fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
            self.seek_write(bytes, offset)
        }
    }
}
