// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: included by its .cpp files only, because it shows cfitsio.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include <fitsio.h>

#include "core/error.hpp"
#include "io/fits_bytes.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// Throws when `status` is not 0: "cannot WHAT PATH: …" with cfitsio's message stack, escaped.
void check_fits(int status, std::string_view what, const std::filesystem::path& path,
                Errc code = Errc::bad_input);

/// An open FITS file: checked for completeness before cfitsio sees it, closed by itself.
class FitsHandle {
 public:
  /// Opens for reading, with no extended file-name syntax; .gz is unpacked into memory.
  /// Throws Error{bad_input} when the file is missing, no FITS or truncated.
  static FitsHandle open(const std::filesystem::path& path);
  /// Creates a new file; throws Error{io}.
  static FitsHandle create(const std::filesystem::path& path);
  /// Opens for changes a file that open() has found sound; has no bytes(). Throws Error{io}.
  static FitsHandle edit(const std::filesystem::path& path);

  /// The file as bytes, and those of a file that is closed thereby: for pixels that need no
  /// cfitsio.
  const FitsBytes& bytes() const noexcept { return memory_->bytes; }
  FitsBytes into_bytes() &&;

  fitsfile* get() const noexcept { return file_.get(); }
  const std::filesystem::path& path() const noexcept { return path_; }

  /// Checks a status of a call that reads from this file.
  void check(int status, std::string_view what) const { check_fits(status, what, path_); }

  /// Closes and reports what the closing wrote; throws Error{io}.
  void close();

 private:
  struct Close {
    void operator()(fitsfile* file) const noexcept {
      int ignored = 0;
      fits_close_file(file, &ignored);
      fits_clear_errmsg();
    }
  };
  /// The file itself; cfitsio keeps the addresses of `data` and `size`, so they stay where they
  /// are.
  struct Memory {
    FitsBytes bytes;
    void* data = nullptr;
    std::size_t size = 0;
  };
  std::filesystem::path path_;
  std::unique_ptr<Memory> memory_;  // before file_: closed last
  std::unique_ptr<fitsfile, Close> file_;
};

/// All keywords of the current HDU except comments; long strings joined.
Header header_of_current_hdu(const FitsHandle& file);

/// Verifies CHECKSUM and DATASUM of the current HDU where present; throws Error{bad_input} with
/// test "checksum".
void verify_checksum(const FitsHandle& file);

/// Writes CHECKSUM and DATASUM of the current HDU without a date, so that equal content gives
/// equal bytes; throws Error{io}.
void write_checksum(const FitsHandle& file);

/// Writes `cards` into the current HDU, leaving out keywords that describe the data's layout.
void write_cards(const FitsHandle& file, const Header& cards);

}  // namespace skyweft::io
