// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/schema.hpp"

namespace skyweft::io {

using Shape = std::vector<std::int64_t>;

/// Owns any HDF5 identifier (file, dataset, space, property list) and releases it.
class H5Id {
 public:
  H5Id() = default;
  explicit H5Id(std::int64_t id) noexcept : id_(id) {}
  H5Id(H5Id&& other) noexcept : id_(other.release()) {}
  H5Id& operator=(H5Id&& other) noexcept;
  ~H5Id();

  std::int64_t id() const noexcept { return id_; }
  std::int64_t release() noexcept;

 private:
  std::int64_t id_ = -1;
};

/// How a dataset lies in the file.
struct H5Layout {
  Shape chunk;         ///< empty: one contiguous piece
  int deflate = 0;     ///< 1 to 9: shuffle and deflate; needs chunks
  bool early = false;  ///< space is allocated at once and not filled: for parallel writing
};

namespace detail {
enum class ElementType { f32, f64, i32, i64 };
template <class T>
constexpr ElementType element_type() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> ||
                std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>);
  if constexpr (std::is_same_v<T, float>) return ElementType::f32;
  if constexpr (std::is_same_v<T, double>) return ElementType::f64;
  if constexpr (std::is_same_v<T, std::int32_t>) return ElementType::i32;
  return ElementType::i64;
}
/// Without its type, what a Column says.
struct ColumnFacts {
  std::string path;  ///< with the group
  Axes axes;
  std::string_view unit;
  std::string_view meaning;
};
template <class T>
ColumnFacts facts_of(const Column<T>& column, std::string_view group) {
  std::string path{group};
  if (!group.empty()) path += '/';
  path.append(column.path);
  return {std::move(path), column.axes, column.unit, column.meaning};
}
}  // namespace detail

std::int64_t element_count(const Shape& shape) noexcept;

/// An HDF5 file of skyweft on the serial driver, being written or open for reading. Every dataset
/// gets its units, long_name and _FillValue (NaN, or the smallest integer; none for scales and
/// texts) and the scales of its axes that were written before it.
///
/// All members throw Error{io} with HDF5's own words, or Error{bad_input} when a file that is read
/// lacks a dataset or it has another shape. Collective: no. One thread at a time.
class H5File {
 public:
  /// Starts a new file with the root attributes of `stamp`; an old one of that name is lost.
  static H5File create(const std::filesystem::path& path, const ProductStamp& stamp);
  /// Opens for reading alone.
  static H5File open(const std::filesystem::path& path);

  /// Closes a written file and reports what could not be written. The destructor closes silently.
  void close();

  /// Writes `values`, of this shape, as a new dataset in `group`.
  template <class T>
  void write(const Column<T>& column, const Shape& shape,
             std::type_identity_t<std::span<const T>> values, std::string_view group = {},
             const H5Layout& layout = {}) {
    write_any(detail::facts_of(column, group), detail::element_type<T>(), shape, values.data(),
              static_cast<std::int64_t>(values.size()), layout, false);
  }
  template <class T>
  void write_one(const Column<T>& column, T value, std::string_view group = {}) {
    write<T>(column, {}, std::span<const T>{&value, 1}, group);
  }
  /// Writes a one-axis column that is the scale of its axis for the datasets after it.
  template <class T>
  void write_scale(const Column<T>& column, std::type_identity_t<std::span<const T>> values,
                   std::string_view group = {}) {
    write_any(detail::facts_of(column, group), detail::element_type<T>(),
              {static_cast<std::int64_t>(values.size())}, values.data(),
              static_cast<std::int64_t>(values.size()), {}, true);
  }
  /// Writes texts as fixed-length UTF-8, as long as the longest.
  void write(const Column<std::string>& column, const std::vector<std::string>& values,
             std::string_view group = {});
  /// Makes a dataset that others fill.
  template <class T>
  void make(const Column<T>& column, const Shape& shape, std::string_view group,
            const H5Layout& layout) {
    write_any(detail::facts_of(column, group), detail::element_type<T>(), shape, nullptr,
              element_count(shape), layout, false);
  }

  /// The names and meanings of quality bits, as attributes of a dataset.
  void describe_quality(const Column<QualityBits>& column, std::string_view group = {});
  /// An attribute of the root, or of the group or dataset `object`.
  void write_attribute(std::string_view object, std::string_view name, std::string_view text);
  std::string attribute(std::string_view object, std::string_view name) const;

  /// A link to `object` in another file, by a path relative to this file's folder.
  void link_to(std::string_view name, const std::filesystem::path& relative_file,
               std::string_view object);

  bool has(std::string_view path) const;
  template <class T>
  Shape shape_of(const Column<T>& column, std::string_view group = {}) const {
    return shape_at(detail::facts_of(column, group).path);
  }

  /// The whole dataset, slowest axis first.
  template <class T>
  std::vector<T> read(const Column<T>& column, std::string_view group = {}) const {
    const auto facts = detail::facts_of(column, group);
    const Shape shape = shape_at(facts.path);
    return read_block<T>(facts, Shape(shape.size(), 0), shape);
  }
  template <class T>
  T read_one(const Column<T>& column, std::string_view group = {}) const {
    return read_block<T>(detail::facts_of(column, group), {}, {}).front();
  }
  /// Elements [first, first + n) of axis `i_axis`, all of the others.
  template <class T>
  std::vector<T> read_rows(const Column<T>& column, std::int64_t first, std::int64_t n,
                           std::string_view group = {}, std::size_t i_axis = 0) const {
    const auto facts = detail::facts_of(column, group);
    Shape count = shape_at(facts.path);
    Shape start(count.size(), 0);
    start.at(i_axis) = first;
    count.at(i_axis) = n;
    return read_block<T>(facts, start, count);
  }
  std::vector<std::string> read(const Column<std::string>& column,
                                std::string_view group = {}) const;

 private:
  explicit H5File(std::filesystem::path path) : path_(std::move(path)) {}
  template <class T>
  std::vector<T> read_block(const detail::ColumnFacts& facts, const Shape& start,
                            const Shape& count) const {
    std::vector<T> values(static_cast<std::size_t>(element_count(count)));
    read_any(facts.path, facts.axes, detail::element_type<T>(), start, count, values.data());
    return values;
  }
  void write_any(const detail::ColumnFacts& facts, detail::ElementType type, const Shape& shape,
                 const void* values, std::int64_t n_value, const H5Layout& layout, bool is_scale);
  void read_any(const std::string& path, Axes axes, detail::ElementType type, const Shape& start,
                const Shape& count, void* values) const;
  Shape shape_at(const std::string& path) const;
  H5Id dataset_at(const std::string& path) const;
  void describe(std::int64_t dataset, const detail::ColumnFacts& facts, std::string_view unit);

  std::filesystem::path path_;
  H5Id file_;
  std::map<Axis, std::string> scale_;  ///< path of each axis' scale
};

namespace detail {
/// Turns off HDF5's own printing and plugins. Cheap; called before every open.
void quiet_hdf5();
/// Throws Error{io} "cannot WHAT PATH: HDF5's reason" when an HDF5 call returned less than zero.
std::int64_t checked(std::int64_t result, std::string_view what, const std::filesystem::path& path);
/// Access properties of skyweft's files: format bounds v18 to v110, best-effort locking.
H5Id file_access();
}  // namespace detail

}  // namespace skyweft::io
