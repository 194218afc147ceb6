// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: compressed streams are walked before cfitsio decodes them, because its
// decoders trust them: they read beyond the end of a damaged one.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace skyweft::io {

using Stream = std::span<const unsigned char>;

/// How many Rice streams are walked side by side.
inline constexpr std::size_t kRiceLanes = 4;

/// The first of the streams in which `n_pixel` Rice-coded pixels do not end, or their number when
/// all fit: the first pixel in `pixel_bytes` (1, 2 or 4) bytes, then per `block` pixels a code
/// length and the differences in unary and binary parts (Pence, Seaman and White 2009, section 3;
/// FITS standard 4.0, section 10.4.1). Every bit that the decoder will read has then been counted.
/// Collective: no. Throws: never.
std::size_t first_unfit_rice(std::span<const Stream> streams, std::int64_t n_pixel,
                             std::int64_t block, int pixel_bytes) noexcept;

/// Whether an HCOMPRESS stream (White, Postman and Lattanzi 1992; FITS standard 4.0, section
/// 10.4.4) has exactly `n_pixel` pixels, both sides 2 or longer, at most `max_planes` bit planes,
/// and ends within its bytes: quadtree codes of all planes, end mark and signs.
/// Takes 1.25 bytes of memory a pixel. Collective: no. Throws: never but for memory.
bool hcompress_fits(Stream stream, std::int64_t n_pixel, int max_planes);

/// Whether a PLIO list (FITS standard 4.0, section 10.4.3) names a length and a start within its
/// words (big-endian, of two bytes) and does not end inside an instruction of two words. What it
/// draws beyond the tile is not written by any decoder. Collective: no. Throws: never.
bool plio_fits(Stream stream) noexcept;

/// The bytes that a gzip stream unpacks to; nothing when it is damaged, lacks its end or holds more
/// than `most`. Collective: no. Throws: never but for memory.
std::optional<std::int64_t> gunzipped_size(Stream stream, std::int64_t most);

}  // namespace skyweft::io
