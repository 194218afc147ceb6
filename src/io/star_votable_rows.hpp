// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the fields of a VOTable and its rows in binary form.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/table_rows.hpp"

namespace skyweft::io {

/// A FIELD (VOTable 1.4, section 4.1).
struct VoField {
  enum class Type : std::uint8_t {
    boolean,
    bit,
    byte,
    int16,
    int32,
    int64,
    character,
    unicode,
    float32,
    float64,
    complex32,
    complex64,
  };
  StarTableColumn column{};
  std::string ref{};
  std::string null{};  ///< VALUES null="…"
  Type type = Type::character;
  std::int64_t count = 1;    ///< values of one cell
  bool is_variable = false;  ///< a 4-byte count stands before them

  bool is_text() const noexcept { return type == Type::character || type == Type::unicode; }
};

/// Understands datatype and arraysize. Throws Error{bad_input}.
void set_vo_type(VoField& field, std::string_view datatype, std::string_view arraysize,
                 const std::filesystem::path& path);

/// The cell that the text of a TD spells.
StarCell vo_cell(const VoField& field, std::string_view text);

/// Rows of BINARY and BINARY2 streams in base64.
class VoBinary {
 public:
  VoBinary(const std::vector<VoField>& fields, bool has_null_flags, TableRows& rows);

  /// Takes a piece of base64 text. Throws Error{bad_input} for a character that is none, and for
  /// rows longer than 16 MiB.
  void add(std::string_view base64);

  /// Throws Error{bad_input} when the last row is not complete.
  void finish();

 private:
  void take_rows();
  bool take_row(std::string_view bytes, std::size_t& used);
  StarCell cell_of(const VoField& field, std::string_view bytes, std::string& text) const;
  [[noreturn]] void refuse(std::string_view what) const;

  const std::vector<VoField>& fields_;
  bool has_null_flags_;
  TableRows& rows_;
  std::vector<std::string> texts_;  ///< of the wanted cells
  std::string bytes_;
  std::uint32_t bits_ = 0;
  int n_bit_ = 0;
  std::int64_t i_row_ = 0;
};

}  // namespace skyweft::io
