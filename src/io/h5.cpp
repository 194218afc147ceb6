// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/h5.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
using detail::checked;
using detail::ColumnFacts;
using detail::ElementType;

namespace {

hid_t memory_type(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return H5T_NATIVE_FLOAT;
    case ElementType::f64:
      return H5T_NATIVE_DOUBLE;
    case ElementType::i32:
      return H5T_NATIVE_INT32;
    case ElementType::i64:
      return H5T_NATIVE_INT64;
  }
  return -1;
}

hid_t file_type(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return H5T_IEEE_F32LE;
    case ElementType::f64:
      return H5T_IEEE_F64LE;
    case ElementType::i32:
      return H5T_STD_I32LE;
    case ElementType::i64:
      return H5T_STD_I64LE;
  }
  return -1;
}

H5Id text_type(std::size_t width, const fs::path& path) {
  H5Id type{checked(H5Tcopy(H5T_C_S1), "make a text type for", path)};
  checked(H5Tset_size(type.id(), std::max<std::size_t>(width, 1)), "size a text type for", path);
  checked(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "pad a text type for", path);
  checked(H5Tset_cset(type.id(), H5T_CSET_UTF8), "encode a text type for", path);
  return type;
}

std::vector<hsize_t> sizes_of(const Shape& shape) {
  std::vector<hsize_t> sizes;
  for (const std::int64_t n : shape) sizes.push_back(static_cast<hsize_t>(n));
  return sizes;
}

H5Id space_of(const Shape& shape, const fs::path& path) {
  if (shape.empty()) return H5Id{checked(H5Screate(H5S_SCALAR), "make a data space in", path)};
  const auto sizes = sizes_of(shape);
  return H5Id{checked(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                      "make a data space in", path)};
}

void write_text_attribute(hid_t object, std::string_view name, std::string_view text,
                          const fs::path& path) {
  const H5Id type = text_type(text.size(), path);
  const H5Id space = space_of({}, path);
  const H5Id attribute{checked(H5Acreate2(object, std::string{name}.c_str(), type.id(), space.id(),
                                          H5P_DEFAULT, H5P_DEFAULT),
                               "make an attribute in", path)};
  std::string padded{text};
  if (padded.empty()) padded.push_back('\0');
  checked(H5Awrite(attribute.id(), type.id(), padded.data()), "write an attribute in", path);
}

template <class T>
void write_numbers_attribute(hid_t object, const char* name, ElementType type,
                             const std::vector<T>& values, const fs::path& path) {
  const H5Id space = space_of({static_cast<std::int64_t>(values.size())}, path);
  const H5Id attribute{
      checked(H5Acreate2(object, name, file_type(type), space.id(), H5P_DEFAULT, H5P_DEFAULT),
              "make an attribute in", path)};
  checked(H5Awrite(attribute.id(), memory_type(type), values.data()), "write an attribute in",
          path);
}

void write_fill_attribute(hid_t dataset, ElementType type, const fs::path& path) {
  constexpr const char* name = "_FillValue";
  switch (type) {
    case ElementType::f32:
      return write_numbers_attribute<float>(dataset, name, type, {kNaNf}, path);
    case ElementType::f64:
      return write_numbers_attribute<double>(dataset, name, type, {kNaN}, path);
    case ElementType::i32:
      return write_numbers_attribute<std::int32_t>(
          dataset, name, type, {std::numeric_limits<std::int32_t>::min()}, path);
    case ElementType::i64:
      return write_numbers_attribute<std::int64_t>(
          dataset, name, type, {std::numeric_limits<std::int64_t>::min()}, path);
  }
}

/// Creation properties without time stamps, so that equal content gives equal bytes.
H5Id timeless(hid_t kind, const fs::path& path) {
  H5Id plist{checked(H5Pcreate(kind), "make properties for", path)};
  checked(H5Pset_obj_track_times(plist.id(), false), "leave time stamps out of", path);
  return plist;
}

H5Id creation_of(const Shape& shape, const H5Layout& layout, const fs::path& path) {
  H5Id plist = timeless(H5P_DATASET_CREATE, path);
  if (layout.early) {
    checked(H5Pset_alloc_time(plist.id(), H5D_ALLOC_TIME_EARLY), "set allocation in", path);
    checked(H5Pset_fill_time(plist.id(), H5D_FILL_TIME_NEVER), "set filling in", path);
  }
  if (layout.chunk.empty() || element_count(shape) == 0) return plist;
  Shape chunk = layout.chunk;
  for (std::size_t i = 0; i < chunk.size(); ++i)
    chunk[i] = std::clamp<std::int64_t>(chunk[i], 1, shape.at(i));
  const auto sizes = sizes_of(chunk);
  checked(H5Pset_chunk(plist.id(), static_cast<int>(sizes.size()), sizes.data()), "set chunks in",
          path);
  if (layout.deflate > 0) {
    checked(H5Pset_shuffle(plist.id()), "set the shuffle filter in", path);
    checked(H5Pset_deflate(plist.id(), static_cast<unsigned>(layout.deflate)), "set compression in",
            path);
  }
  return plist;
}

/// Makes the groups that `name` ("magfit/mag") lies in. HDF5 would make them too, but with the
/// time.
void make_groups_of(hid_t file, std::string_view name, const fs::path& path) {
  for (auto at = name.find('/', 1); at != std::string_view::npos; at = name.find('/', at + 1)) {
    const std::string group{name.substr(0, at)};
    if (checked(H5Lexists(file, group.c_str(), H5P_DEFAULT), "look for a group in", path) > 0)
      continue;
    const H5Id creation = timeless(H5P_GROUP_CREATE, path);
    const H5Id made{
        checked(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                "make a group in", path)};
  }
}

void attach_scale(hid_t file, hid_t dataset, const std::string& scale_path, unsigned i_axis,
                  const fs::path& path) {
  const H5Id scale{
      checked(H5Dopen2(file, scale_path.c_str(), H5P_DEFAULT), "open a scale in", path)};
  checked(H5DSattach_scale(dataset, scale.id(), i_axis), "attach a scale in", path);
}

herr_t collect_reason(unsigned, const H5E_error2_t* error, void* text) {
  auto& reason = *static_cast<std::string*>(text);
  const std::string one = error->desc == nullptr ? "" : error->desc;
  if (!one.empty()) reason = reason.empty() ? one : one + "; " + reason;
  return 0;
}

}  // namespace

namespace detail {

void quiet_hdf5() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

std::int64_t checked(std::int64_t result, std::string_view what, const fs::path& path) {
  if (result >= 0) return result;
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect_reason, &reason);
  H5Eclear2(H5E_DEFAULT);
  if (reason.empty()) reason = "HDF5 gives no reason";
  throw Error{Errc::io,
              fmt::format("cannot {} {}: {}; check disk space and permissions (h5dump -H)", what,
                          path.string(), reason)};
}

H5Id file_access() {
  quiet_hdf5();
  H5Id plist{checked(H5Pcreate(H5P_FILE_ACCESS), "make access properties", {})};
  checked(H5Pset_libver_bounds(plist.id(), H5F_LIBVER_V18, H5F_LIBVER_V110), "set format bounds",
          {});
#if H5_VERSION_GE(1, 10, 7) && !(H5_VERSION_GE(1, 12, 0) && !H5_VERSION_GE(1, 12, 1))
  checked(H5Pset_file_locking(plist.id(), true, true), "set file locking", {});
#endif
  return plist;
}

}  // namespace detail

H5Id& H5Id::operator=(H5Id&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

H5Id::~H5Id() {
  if (id_ > 0) H5Idec_ref(id_);
}

std::int64_t H5Id::release() noexcept {
  return std::exchange(id_, -1);
}

std::int64_t element_count(const Shape& shape) noexcept {
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) n *= extent;
  return n;
}

H5File H5File::create(const fs::path& path, const ProductStamp& stamp) {
  H5File file{path};
  const H5Id access = detail::file_access();
  const H5Id creation = timeless(H5P_FILE_CREATE, path);
  file.file_ = H5Id{
      checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), "create", path)};
  const hid_t root = file.file_.id();
  write_text_attribute(root, "Conventions", kConventions, path);
  write_numbers_attribute<std::int32_t>(root, "schema_version", ElementType::i32, {kSchemaVersion},
                                        path);
  write_text_attribute(root, "software", "skyweft", path);
  write_text_attribute(root, "software_version", stamp.software_version, path);
  write_text_attribute(root, "config_digest", stamp.config_digest, path);
  write_text_attribute(root, "run_name", stamp.run_name, path);
  return file;
}

H5File H5File::open(const fs::path& path) {
  H5File file{path};
  const H5Id access = detail::file_access();
  file.file_ = H5Id{checked(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), "open", path)};
  return file;
}

void H5File::close() {
  if (file_.id() < 0) return;
  checked(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), "write", path_);
  checked(H5Fclose(file_.release()), "close", path_);
}

void H5File::describe(std::int64_t dataset, const ColumnFacts& facts, std::string_view unit) {
  write_text_attribute(dataset, "units", unit, path_);
  write_text_attribute(dataset, "long_name", facts.meaning, path_);
  const auto axes = axes_of(facts.axes);
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (const auto scale = scale_.find(axes[i]);
        scale != scale_.end() && scale->second != facts.path)
      attach_scale(file_.id(), dataset, scale->second, static_cast<unsigned>(i), path_);
}

void H5File::write_any(const ColumnFacts& facts, ElementType type, const Shape& shape,
                       const void* values, std::int64_t n_value, const H5Layout& layout,
                       bool is_scale) {
  const auto axes = axes_of(facts.axes);
  if (n_value != element_count(shape) || shape.size() != axes.size())
    throw Error{Errc::internal, fmt::format("dataset {} of {}: {} values do not have its shape",
                                            facts.path, path_.string(), n_value)};
  const H5Id space = space_of(shape, path_);
  const H5Id creation = creation_of(shape, layout, path_);
  make_groups_of(file_.id(), facts.path, path_);
  const std::string what = "write dataset " + facts.path + " of";
  const H5Id dataset{checked(H5Dcreate2(file_.id(), facts.path.c_str(), file_type(type), space.id(),
                                        H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                             what, path_)};
  if (values != nullptr && n_value > 0)
    checked(H5Dwrite(dataset.id(), memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values), what,
            path_);
  if (is_scale) {
    checked(H5DSset_scale(dataset.id(), std::string{name_of(axes.front())}.c_str()), what, path_);
    scale_[axes.front()] = facts.path;
  } else {
    write_fill_attribute(dataset.id(), type, path_);
  }
  describe(dataset.id(), facts, facts.unit.empty() ? "1" : facts.unit);
}

void H5File::write(const Column<std::string>& column, const std::vector<std::string>& values,
                   std::string_view group) {
  const ColumnFacts facts = detail::facts_of(column, group);
  std::size_t width = 1;
  for (const std::string& value : values) width = std::max(width, value.size());
  std::string padded(width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i)
    std::ranges::copy(values[i], padded.begin() + static_cast<std::ptrdiff_t>(i * width));
  const H5Id type = text_type(width, path_);
  const H5Id space = space_of({static_cast<std::int64_t>(values.size())}, path_);
  make_groups_of(file_.id(), facts.path, path_);
  const H5Id creation = timeless(H5P_DATASET_CREATE, path_);
  const std::string what = "write dataset " + facts.path + " of";
  const H5Id dataset{checked(H5Dcreate2(file_.id(), facts.path.c_str(), type.id(), space.id(),
                                        H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                             what, path_)};
  if (!values.empty())
    checked(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), what,
            path_);
  describe(dataset.id(), facts, "");
}

void H5File::describe_quality(const Column<QualityBits>& column, std::string_view group) {
  const std::string path = detail::facts_of(column, group).path;
  const H5Id dataset = dataset_at(path);
  std::vector<std::int32_t> bits;
  std::string names;
  for (const FlagBit& flag : quality::kTable) {
    bits.push_back(static_cast<std::int32_t>(flag.bit));
    if (!names.empty()) names += ' ';
    names += flag.name;
  }
  write_numbers_attribute(dataset.id(), "flag_masks", ElementType::i32, bits, path_);
  write_text_attribute(dataset.id(), "flag_meanings", names, path_);
}

void H5File::write_attribute(std::string_view object, std::string_view name,
                             std::string_view text) {
  const std::string path = object.empty() ? "/" : std::string{object};
  const H5Id id{
      checked(H5Oopen(file_.id(), path.c_str(), H5P_DEFAULT), "open " + path + " in", path_)};
  write_text_attribute(id.id(), name, text, path_);
}

std::string H5File::attribute(std::string_view object, std::string_view name) const {
  const std::string path = object.empty() ? "/" : std::string{object};
  const std::string what = fmt::format("read attribute {} of {} in", name, path);
  const H5Id attribute{checked(H5Aopen_by_name(file_.id(), path.c_str(), std::string{name}.c_str(),
                                               H5P_DEFAULT, H5P_DEFAULT),
                               what, path_)};
  const H5Id type{checked(H5Aget_type(attribute.id()), what, path_)};
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) > 0)
    throw Error{Errc::bad_input, fmt::format("attribute {} of {} in {} is not a fixed-length text",
                                             name, path, path_.string())};
  std::string text(H5Tget_size(type.id()), '\0');
  checked(H5Aread(attribute.id(), type.id(), text.data()), what, path_);
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

void H5File::link_to(std::string_view name, const fs::path& relative_file,
                     std::string_view object) {
  make_groups_of(file_.id(), name, path_);
  checked(H5Lcreate_external(relative_file.c_str(), std::string{object}.c_str(), file_.id(),
                             std::string{name}.c_str(), H5P_DEFAULT, H5P_DEFAULT),
          "write a link in", path_);
}

bool H5File::has(std::string_view path) const {
  const bool found = H5LTpath_valid(file_.id(), std::string{path}.c_str(), true) > 0;
  H5Eclear2(H5E_DEFAULT);
  return found;
}

H5Id H5File::dataset_at(const std::string& path) const {
  if (!has(path))
    throw Error{Errc::bad_input, fmt::format("{} has no dataset {}; was it written by skyweft and "
                                             "completely?",
                                             path_.string(), path)};
  return H5Id{checked(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT),
                      "open dataset " + path + " of", path_)};
}

Shape H5File::shape_at(const std::string& path) const {
  const H5Id dataset = dataset_at(path);
  const H5Id space{checked(H5Dget_space(dataset.id()), "read the shape of " + path + " in", path_)};
  std::vector<hsize_t> sizes(static_cast<std::size_t>(
      checked(H5Sget_simple_extent_ndims(space.id()), "read the shape of " + path + " in", path_)));
  if (!sizes.empty()) H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
}

void H5File::read_any(const std::string& path, Axes axes, ElementType type, const Shape& start,
                      const Shape& count, void* values) const {
  const Shape shape = shape_at(path);
  bool fits = shape.size() == axes_of(axes).size() && shape.size() == start.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i)
    fits = start[i] >= 0 && count[i] >= 0 && start[i] + count[i] <= shape[i];
  if (!fits)
    throw Error{Errc::bad_input, fmt::format("dataset {} of {} does not hold the rows asked for",
                                             path, path_.string())};
  if (element_count(count) == 0) return;
  const H5Id dataset = dataset_at(path);
  const std::string what = "read dataset " + path + " of";
  const H5Id file_space{checked(H5Dget_space(dataset.id()), what, path_)};
  if (!shape.empty())
    checked(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, sizes_of(start).data(), nullptr,
                                sizes_of(count).data(), nullptr),
            what, path_);
  const H5Id memory_space = space_of(count, path_);
  checked(H5Dread(dataset.id(), memory_type(type), memory_space.id(), file_space.id(), H5P_DEFAULT,
                  values),
          what, path_);
}

std::vector<std::string> H5File::read(const Column<std::string>& column,
                                      std::string_view group) const {
  const std::string path = detail::facts_of(column, group).path;
  const Shape shape = shape_at(path);
  const H5Id dataset = dataset_at(path);
  const H5Id type{checked(H5Dget_type(dataset.id()), "read dataset " + path + " of", path_)};
  if (shape.size() != 1 || H5Tget_class(type.id()) != H5T_STRING ||
      H5Tis_variable_str(type.id()) > 0)
    throw Error{Errc::bad_input, fmt::format("dataset {} of {} is not a list of fixed-length texts",
                                             path, path_.string())};
  const std::size_t width = H5Tget_size(type.id());
  std::string padded(width * static_cast<std::size_t>(shape.front()), '\0');
  if (!padded.empty())
    checked(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()),
            "read dataset " + path + " of", path_);
  std::vector<std::string> values;
  for (std::size_t at = 0; at < padded.size(); at += width) {
    const std::string_view field{padded.data() + at, width};
    values.emplace_back(field.substr(0, field.find('\0')));
  }
  return values;
}

}  // namespace skyweft::io
