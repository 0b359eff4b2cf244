//! Whether data is worth compressing.

/// Bytes that are looked at; of longer data some runs spread over it.
const SAMPLE: usize = 4096;
const RUNS: usize = 4;
/// Bits a byte above which no deflate gains anything by coding single bytes. Compressed and encrypted data in such a sample has
/// 7.94 to 7.96.
const DENSE_BITS: f64 = 7.8;

/// Whether data looks compressed or encrypted already. May be wrong in either direction, at the cost of size or time.
///
/// The entropy of single bytes is high, and no run of eight comes twice within the sample.
pub fn is_dense(data: &[u8]) -> bool {
    if data.len() < SAMPLE {
        return false;
    }
    let step = (data.len() - SAMPLE / RUNS) / (RUNS - 1);
    let runs = (0..RUNS).filter_map(|n| data.get(n * step..n * step + SAMPLE / RUNS));
    let mut counts = [0u32; 256];
    let mut sampled = 0u32;
    // By a few bits of a hash: what collides by chance is compared.
    let mut seen = [0u64; 1024];
    for run in runs {
        for byte in run {
            counts[usize::from(*byte)] += 1;
        }
        sampled += run.len() as u32;
        for eight in run.chunks_exact(8) {
            let word = eight.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
            let place = &mut seen[(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize];
            if *place == word {
                return false;
            }
            *place = word;
        }
    }
    let total = f64::from(sampled);
    let bits: f64 = counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) * (total / f64::from(*n)).log2()).sum();
    bits / total > DENSE_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_compressed_already_is_dense() {
        let mut noise = vec![0; 256 << 10];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        assert!(is_dense(&noise) && is_dense(&noise[..SAMPLE]));
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| format!("line {n} of some text\n").into_bytes()).collect();
        let base64 = data_encoding::BASE64.encode(&noise).into_bytes();
        let packed = zstd::bulk::compress(&base64, 9).unwrap();
        assert!(is_dense(&packed), "{}", packed.len());
        let floats: Vec<u8> = (0..20_000).flat_map(|n| f64::from(n).sin().to_le_bytes()).collect();
        for (name, data) in [("text", text), ("base64", base64), ("floats", floats), ("zeros", vec![0; 9000])] {
            assert!(!is_dense(&data), "{name}");
        }
        assert!(!is_dense(&noise[..100]), "too short to tell");
    }
}
