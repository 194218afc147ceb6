// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_votable_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

using Type = VoField::Type;
using Kind = StarCell::Kind;
constexpr std::size_t kMaxRow = std::size_t{16} << 20;

struct TypeName {
  std::string_view name;
  Type type;
  std::size_t bytes;
};
/// In the order of Type; bits are counted apart.
constexpr auto kTypes = std::to_array<TypeName>({{"boolean", Type::boolean, 1},
                                                 {"bit", Type::bit, 0},
                                                 {"unsignedByte", Type::byte, 1},
                                                 {"short", Type::int16, 2},
                                                 {"int", Type::int32, 4},
                                                 {"long", Type::int64, 8},
                                                 {"char", Type::character, 1},
                                                 {"unicodeChar", Type::unicode, 2},
                                                 {"float", Type::float32, 4},
                                                 {"double", Type::float64, 8},
                                                 {"floatComplex", Type::complex32, 8},
                                                 {"doubleComplex", Type::complex64, 16}});

/// The big-endian number at the front of `bytes`.
template <class T>
T big_endian(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8U) | static_cast<T>(static_cast<unsigned char>(bytes[i]));
  return value;
}

StarCell whole_cell(const VoField& field, std::int64_t value) {
  if (!field.null.empty()) {
    std::int64_t null = 0;
    const auto [stop, code] =
        std::from_chars(field.null.data(), field.null.data() + field.null.size(), null);
    if (code == std::errc{} && null == value) return {};
  }
  return {.kind = Kind::whole, .whole = value};
}

StarCell text_cell(std::string_view text) {
  text = trimmed(text.substr(0, text.find('\0')));
  if (is_missing_text(text)) return {};
  return {.kind = Kind::text, .text = text};
}

/// The six bits of a base64 digit, or −1.
constexpr auto kDigits = [] {
  std::array<signed char, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<char>(static_cast<unsigned char>(i));
    out[i] = static_cast<signed char>(c >= 'A' && c <= 'Z'   ? c - 'A'
                                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                                      : c >= '0' && c <= '9' ? c - '0' + 52
                                      : c == '+'             ? 62
                                      : c == '/'             ? 63
                                                             : -1);
  }
  return out;
}();

}  // namespace

void set_vo_type(VoField& field, std::string_view datatype, std::string_view arraysize,
                 const std::filesystem::path& path) {
  const auto found = std::ranges::find(kTypes, datatype, &TypeName::name);
  const auto refuse = [&](std::string_view what) {
    throw Error{Errc::bad_input,
                fmt::format("star list {}: FIELD {} has {}", printable(path.string()),
                            printable(field.column.name), what)};
  };
  if (found == kTypes.end())
    return refuse(fmt::format("the unknown datatype '{}'", printable(datatype.substr(0, 40))));
  field.type = found->type;
  field.count = 1;
  field.is_variable = false;
  for (std::string_view rest = trimmed(arraysize); !rest.empty();) {
    if (rest == "*") {
      field.is_variable = true;
      break;
    }
    std::int64_t n = 0;
    const auto [stop, code] = std::from_chars(rest.data(), rest.data() + rest.size(), n);
    if (code != std::errc{} || n < 0 || n > (1 << 24) ||
        (field.count *= n) > (std::int64_t{1} << 24))
      return refuse(fmt::format("the arraysize '{}'", printable(arraysize.substr(0, 40))));
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (rest == "*") field.is_variable = true;
    if (rest.empty() || rest == "*") break;
    if (rest.front() != 'x')
      return refuse(fmt::format("the arraysize '{}'", printable(arraysize.substr(0, 40))));
    rest.remove_prefix(1);
  }
  field.column.is_text = field.is_text();
  field.column.is_usable = field.type != Type::complex32 && field.type != Type::complex64 &&
                           field.type != Type::bit &&
                           (field.is_text() || (field.count == 1 && !field.is_variable));
}

StarCell vo_cell(const VoField& field, std::string_view text) {
  text = trimmed(text);
  if (is_missing_text(text) || (!field.null.empty() && text == field.null)) return {};
  if (field.type == Type::boolean) {
    const char c = text.front();
    if (c == 'T' || c == 't' || c == '1') return {.kind = Kind::whole, .whole = 1};
    if (c == 'F' || c == 'f' || c == '0') return {.kind = Kind::whole, .whole = 0};
    return {};
  }
  return {.kind = field.is_text() ? Kind::text : Kind::spelled, .text = text};
}

VoBinary::VoBinary(const std::vector<VoField>& fields, bool has_null_flags, TableRows& rows)
    : fields_(fields), has_null_flags_(has_null_flags), rows_(rows), texts_(rows.wanted().size()) {}

void VoBinary::refuse(std::string_view what) const {
  throw Error{Errc::bad_input, fmt::format("star list {} row {}: {}",
                                           printable(rows_.path().string()), i_row_ + 1, what)};
}

void VoBinary::add(std::string_view base64) {
  for (const char c : base64) {
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) {
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '=') continue;
      refuse("the stream is not base64");
    }
    bits_ = bits_ << 6U | static_cast<std::uint32_t>(digit);
    n_bit_ += 6;
    if (n_bit_ < 8) continue;
    n_bit_ -= 8;
    bytes_ += static_cast<char>(static_cast<unsigned char>(bits_ >> static_cast<unsigned>(n_bit_)));
  }
  constexpr std::size_t kOften = std::size_t{1} << 16;
  if (bytes_.size() > kOften) take_rows();
}

void VoBinary::take_rows() {
  std::size_t used = 0;
  for (std::size_t n = 0; take_row(std::string_view{bytes_}.substr(used), n); used += n)
    if (n == 0) refuse("its fields take no bytes");
  bytes_.erase(0, used);
  if (bytes_.size() > kMaxRow) refuse("longer than 16 MiB; is the stream damaged?");
}

void VoBinary::finish() {
  take_rows();
  if (!bytes_.empty()) refuse("the stream ends within the row");
}

bool VoBinary::take_row(std::string_view bytes, std::size_t& used) {
  if (bytes.empty()) return false;
  const std::size_t n_flag = has_null_flags_ ? (fields_.size() + 7) / 8 : 0;
  if (bytes.size() < n_flag) return false;
  std::size_t at = n_flag;
  std::size_t slot = 0;
  const std::vector<std::size_t>& wanted = rows_.wanted();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const VoField& field = fields_[i];
    auto count = static_cast<std::size_t>(field.count);
    if (field.is_variable) {
      if (bytes.size() - at < 4) return false;
      count *= big_endian<std::uint32_t>(bytes.substr(at));
      at += 4;
    }
    const std::size_t size = field.type == Type::bit
                                 ? (count + 7) / 8
                                 : count * kTypes[static_cast<std::size_t>(field.type)].bytes;
    if (size > kMaxRow) refuse("a cell longer than 16 MiB; is the stream damaged?");
    if (bytes.size() - at < size) return false;
    if (slot < wanted.size() && wanted[slot] == i) {
      const bool is_null =
          has_null_flags_ &&
          (static_cast<unsigned char>(bytes[i / 8]) >> static_cast<unsigned>(7 - i % 8) & 1U) != 0;
      rows_.cells()[slot] =
          is_null || size == 0 ? StarCell{} : cell_of(field, bytes.substr(at, size), texts_[slot]);
      ++slot;
    }
    at += size;
  }
  used = at;
  rows_.add(++i_row_);
  return true;
}

StarCell VoBinary::cell_of(const VoField& field, std::string_view bytes, std::string& text) const {
  switch (field.type) {
    case Type::boolean:
      return vo_cell(field, bytes.substr(0, 1));
    case Type::byte:
      return whole_cell(field, static_cast<unsigned char>(bytes.front()));
    case Type::int16:
      return whole_cell(field, static_cast<std::int16_t>(big_endian<std::uint16_t>(bytes)));
    case Type::int32:
      return whole_cell(field, static_cast<std::int32_t>(big_endian<std::uint32_t>(bytes)));
    case Type::int64:
      return whole_cell(field, static_cast<std::int64_t>(big_endian<std::uint64_t>(bytes)));
    case Type::float32:
      return {
          .kind = Kind::number,
          .number = static_cast<double>(std::bit_cast<float>(big_endian<std::uint32_t>(bytes)))};
    case Type::float64:
      return {.kind = Kind::number,
              .number = std::bit_cast<double>(big_endian<std::uint64_t>(bytes))};
    case Type::unicode:
      text.clear();
      for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        text += bytes[i] == 0 ? bytes[i + 1] : '?';
      return text_cell(text);
    case Type::character:
      return text_cell(bytes);
    case Type::bit:
    case Type::complex32:
    case Type::complex64:
      break;
  }
  return {};
}

}  // namespace skyweft::io
