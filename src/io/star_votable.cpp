// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <array>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <expat.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"
#include "io/star_lines.hpp"
#include "io/star_votable_rows.hpp"
#include "io/table_rows.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxFields = 20000;
constexpr std::size_t kMaxCell = std::size_t{1} << 20;
constexpr std::size_t kMaxMarkup = std::size_t{4} << 20;

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const noexcept { XML_ParserFree(parser); }
};

/// A name without its namespace.
std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// The year of "J2015.5", "2016" or "J2016.0".
std::optional<double> year_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('J') || text.starts_with('j')) text.remove_prefix(1);
  return number_in(text);
}

/// Follows the elements of a VOTable and takes the rows of its first table with data.
class VoReader {
 public:
  explicit VoReader(TableRows& rows) : rows_(rows), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) throw Error{Errc::io, "no memory for an XML parser"};
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetEntityDeclHandler(parser_.get(), on_entity);
  }

  void read() {
    StarBytes bytes{rows_.path()};
    std::array<char, 65536> piece{};
    while (true) {
      const std::size_t n = bytes.read(piece);
      const auto status =
          XML_Parse(parser_.get(), piece.data(), static_cast<int>(n), n == 0 ? 1 : 0);
      if (failure_) std::rethrow_exception(failure_);
      if (is_done_) return;
      if (status != XML_STATUS_OK)
        refuse(
            fmt::format("is no sound XML ({})", XML_ErrorString(XML_GetErrorCode(parser_.get()))));
      // A tag or comment without end is kept by the parser: not for ever.
      const auto at = XML_GetCurrentByteIndex(parser_.get());
      n_byte_ += static_cast<std::int64_t>(n);
      if (at >= 0 && n_byte_ - at > static_cast<std::int64_t>(kMaxMarkup))
        refuse("has a tag longer than 4 MiB");
      if (n == 0) break;
    }
    if (!rows_.is_started()) refuse("holds no table with data");
  }

 private:
  using Attributes = std::map<std::string, std::string, std::less<>>;

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error{Errc::bad_input,
                fmt::format("star list {} line {} {}", printable(rows_.path().string()),
                            XML_GetCurrentLineNumber(parser_.get()), what)};
  }

  // Exceptions may not pass through the parser: kept, and thrown when it has stopped.
  template <class Action>
  static void guarded(void* self, const Action& action) {
    auto& reader = *static_cast<VoReader*>(self);
    if (reader.failure_ || reader.is_done_) return;
    try {
      action(reader);
    } catch (...) {
      reader.failure_ = std::current_exception();
    }
    if (reader.failure_ || reader.is_done_) XML_StopParser(reader.parser_.get(), XML_FALSE);
  }
  static void on_start(void* self, const char* name, const char** attributes) {
    guarded(self, [&](VoReader& r) { r.start(local_name(name), attributes); });
  }
  static void on_end(void* self, const char* name) {
    guarded(self, [&](VoReader& r) { r.end(local_name(name)); });
  }
  static void on_text(void* self, const char* text, int n) {
    guarded(self, [&](VoReader& r) { r.text({text, static_cast<std::size_t>(n)}); });
  }
  static void on_entity(void* self, const char*, int, const char*, int, const char*, const char*,
                        const char*, const char*) {
    guarded(self, [](VoReader& r) { r.refuse("declares entities, which no VOTable needs"); });
  }

  void start(std::string_view name, const char** attributes) {
    if (name == "TD") return start_cell();
    if (name == "TR") {
      i_field_ = 0;
      i_slot_ = 0;
      return;
    }
    if (rows_.is_started() && name != "STREAM") return;  // its columns are settled
    Attributes given;
    for (; *attributes != nullptr; attributes += 2)
      given.emplace(local_name(attributes[0]), attributes[1]);
    if (name == "TABLE") {
      fields_.clear();
    } else if (name == "COOSYS") {
      frames_[given["ID"]] = given;
    } else if (name == "FIELD") {
      add_field(given);
    } else if (name == "VALUES" && !fields_.empty() && in_field_) {
      fields_.back().null = trimmed(given["null"]);
    } else if (name == "TABLEDATA") {
      begin_rows();
    } else if (name == "BINARY" || name == "BINARY2") {
      begin_rows();  // before the stream's reader, which needs the columns
      binary_.emplace(fields_, name == "BINARY2", rows_);
    } else if (name == "STREAM") {
      if (!given["href"].empty() || (binary_ && given["encoding"] != "base64"))
        refuse(
            "has its data elsewhere or packed; only base64 in place is read (save it with "
            "TOPCAT, for instance)");
      in_stream_ = binary_.has_value();
    } else if (name == "FITS") {
      refuse("holds a FITS table; give that file itself");
    }
  }

  void add_field(Attributes& given) {
    if (fields_.size() >= kMaxFields) refuse(fmt::format("has more than {} fields", kMaxFields));
    VoField field;
    field.column.name = given["name"].empty() ? given["ID"] : given["name"];
    field.column.alias = given["ID"];
    field.column.unit = given["unit"];
    field.ref = given["ref"];
    set_vo_type(field, given["datatype"], given["arraysize"], rows_.path());
    fields_.push_back(std::move(field));
    in_field_ = true;
  }

  void begin_rows() {
    StarTableHead head;
    head.row_word = "row";
    for (const VoField& field : fields_) {
      head.columns.push_back(field.column);
      const auto frame = frames_.find(field.ref);
      if (field.ref.empty() || frame == frames_.end()) continue;
      if (frame->second["system"].find("FK4") != std::string::npos && is_position(field))
        refuse("gives positions of the frame FK4; convert them to ICRS first");
      if (const auto epoch = year_in(frame->second["epoch"])) head.epoch_yr = epoch;
    }
    if (!head.epoch_yr && frames_.size() == 1)
      head.epoch_yr = year_in(frames_.begin()->second["epoch"]);
    rows_.start(std::move(head));
  }

  /// Whether the mapping or a usual name makes this field a position.
  bool is_position(const VoField& field) const {
    const StarMapping& mapping = rows_.mapping();
    const std::string name = lower_case(field.column.name);
    return name == lower_case(mapping.ra) || name == lower_case(mapping.dec) ||
           (mapping.ra.empty() && (name == "ra" || name == "raj2000" || name == "ra_icrs"));
  }

  void start_cell() {
    const std::vector<std::size_t>& wanted = rows_.wanted();
    in_cell_ = i_slot_ < wanted.size() && wanted[i_slot_] == i_field_;
    if (!in_cell_) return;
    if (texts_.size() < wanted.size()) texts_.resize(wanted.size());
    texts_[i_slot_].clear();
  }

  void text(std::string_view piece) {
    if (in_stream_) return binary_->add(piece);
    if (!in_cell_) return;
    std::string& cell = texts_[i_slot_];
    if (cell.size() + piece.size() > kMaxCell) refuse("has a cell longer than 1 MiB");
    cell += piece;
  }

  void end(std::string_view name) {
    if (name == "TD") {
      if (in_cell_) {
        rows_.cells()[i_slot_] = vo_cell(fields_[i_field_], texts_[i_slot_]);
        ++i_slot_;
      }
      in_cell_ = false;
      ++i_field_;
    } else if (name == "TR") {
      if (i_field_ != fields_.size())
        refuse(fmt::format("ends a row of {} cells where the table has {} fields", i_field_,
                           fields_.size()));
      if (!rows_.is_started()) refuse("has a row outside of a table");
      rows_.add(++i_row_);
    } else if (name == "FIELD") {
      in_field_ = false;
    } else if (name == "STREAM" && in_stream_) {
      in_stream_ = false;
      binary_->finish();
    } else if ((name == "TABLEDATA" || name == "BINARY" || name == "BINARY2") &&
               rows_.is_started()) {
      is_done_ = true;
    }
  }

  TableRows& rows_;
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::exception_ptr failure_;
  std::map<std::string, Attributes, std::less<>> frames_;
  std::vector<VoField> fields_;
  std::vector<std::string> texts_;
  std::optional<VoBinary> binary_;
  std::size_t i_field_ = 0;
  std::size_t i_slot_ = 0;
  std::int64_t i_row_ = 0;
  std::int64_t n_byte_ = 0;
  bool in_field_ = false;
  bool in_cell_ = false;
  bool in_stream_ = false;
  bool is_done_ = false;
};

}  // namespace

void read_star_votable(TableRows& rows) {
  VoReader{rows}.read();
}

}  // namespace skyweft::io
