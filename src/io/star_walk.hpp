// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the cells of a line.

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace skyweft::io {

/// Goes through the cells of a line; a blank separator stands for any run of blanks and tabs.
class CellWalk {
 public:
  CellWalk(std::string_view line, char separator)
      : at_(line.data()), end_(line.data() + line.size()), separator_(separator) {
    if (separator_ == ' ') skip_blanks();
  }

  bool done() const noexcept { return done_; }

  /// Passes the next cell.
  void skip() { pass(cell_end()); }

  /// The next cell without quotes; `scratch` holds it when it has quotes inside.
  std::string_view next(std::string& scratch) {
    if (at_ != end_ && *at_ == '"') return quoted(scratch);
    const char* const stop = cell_end();
    const std::string_view cell{at_, static_cast<std::size_t>(stop - at_)};
    pass(stop);
    return trimmed_blanks(cell);
  }

 private:
  static std::string_view trimmed_blanks(std::string_view cell) {
    while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
    while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
    return cell;
  }

  const char* find(char c, const char* from) const {
    const void* found =
        from == end_ ? nullptr : std::memchr(from, c, static_cast<std::size_t>(end_ - from));
    return found == nullptr ? end_ : static_cast<const char*>(found);
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

  const char* plain_end(const char* from) const {
    if (separator_ != ' ') return find(separator_, from);
    while (from != end_ && *from != ' ' && *from != '\t') ++from;
    return from;
  }

  /// Where the cell at at_ ends.
  const char* cell_end() const {
    if (at_ == end_ || *at_ != '"') return plain_end(at_);
    const char* close = find('"', at_ + 1);
    while (close != end_ && close + 1 != end_ && close[1] == '"') close = find('"', close + 2);
    return plain_end(close);
  }

  std::string_view quoted(std::string& scratch) {
    const char* const stop = cell_end();
    const char* const close = find('"', at_ + 1);
    std::string_view cell{at_ + 1, static_cast<std::size_t>(close - at_ - 1)};
    if (close != end_ && close + 1 != end_ && close[1] == '"') {
      scratch.clear();
      for (const char* c = at_ + 1; c < stop; ++c) {
        if (*c == '"' && (c + 1 >= stop || c[1] != '"')) break;
        if (*c == '"') ++c;
        scratch += *c;
      }
      cell = scratch;
    }
    pass(stop);
    return cell;
  }

  void pass(const char* stop) {
    at_ = stop;
    if (separator_ == ' ') {
      skip_blanks();
      done_ = at_ == end_;
    } else {
      done_ = at_ == end_;
      if (!done_) ++at_;
    }
  }

  const char* at_;
  const char* end_;
  char separator_;
  bool done_ = false;
};

}  // namespace skyweft::io
