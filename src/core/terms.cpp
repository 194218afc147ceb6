// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/terms_evaluate.hpp"
#include "core/terms_program.hpp"

namespace skyweft {
namespace {

using detail::TermBlocks;
using detail::TermSlot;

std::string label_of(const detail::ParsedTerms& parsed, const detail::Monomial& m) {
  std::string label;
  for (std::size_t v = 0; v < m.size(); ++v) {
    if (m[v] == 0) continue;
    if (!label.empty()) label += '*';
    const std::string& source = parsed.variable_texts[v];
    const bool plain =
        std::ranges::all_of(source, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    label += plain ? source : fmt::format("({})", source);
    if (m[v] > 1) label += fmt::format("^{}", m[v]);
  }
  return label.empty() ? "1" : label;
}

double run(const detail::TermProgram& program, std::span<const double> values) {
  std::array<double, detail::kMaxTermStack> stack;
  std::size_t top = 0;
  for (const detail::TermStep& s : program) {
    if (s.op == detail::TermOp::number) {
      stack[top++] = s.number;
    } else if (s.op == detail::TermOp::name) {
      stack[top++] = values[s.index];
    } else if (s.op >= detail::TermOp::add && s.op <= detail::TermOp::maximum) {
      --top;
      stack[top - 1] = detail::apply_one(s.op, stack[top - 1], stack[top]);
    } else {
      stack[top - 1] = detail::apply_one(s.op, stack[top - 1], 0.0);
    }
  }
  return stack[0];
}

/// Numbers on the stack while they are few, as in most expressions.
class Scratch {
 public:
  explicit Scratch(std::size_t n) {
    if (n <= few_.size()) return;
    many_.resize(n);
    data_ = many_.data();
  }
  double& operator[](std::size_t i) { return data_[i]; }

 private:
  std::array<double, 64> few_;
  std::vector<double> many_;
  double* data_ = few_.data();
};

}  // namespace

Terms Terms::parse(std::string_view text) {
  auto parsed = std::make_shared<detail::ParsedTerms>();
  parsed->text = std::string{text};
  detail::parse_terms(*parsed);
  if (parsed->terms.empty())
    throw Error{
        Errc::bad_config,
        fmt::format("fit terms \"{}\" name no term; use O0{{}} for a constant alone", text)};
  for (const detail::Monomial& m : parsed->terms) parsed->labels.push_back(label_of(*parsed, m));
  detail::plan_products(*parsed);
  Terms out;
  out.parsed_ = std::move(parsed);
  return out;
}

std::int64_t Terms::n_term() const noexcept {
  return static_cast<std::int64_t>(parsed_->terms.size());
}
std::int64_t Terms::n_variable() const noexcept {
  return static_cast<std::int64_t>(parsed_->variables.size());
}
const std::vector<std::vector<int>>& Terms::powers() const noexcept {
  return parsed_->terms;
}
const std::vector<std::string>& Terms::names() const noexcept {
  return parsed_->names;
}
const std::vector<std::string>& Terms::labels() const noexcept {
  return parsed_->labels;
}
const std::string& Terms::text() const noexcept {
  return parsed_->text;
}
bool Terms::has_constant() const noexcept {
  return std::ranges::find(parsed_->labels, "1") != parsed_->labels.end();
}

void Terms::evaluate(std::span<const double> values, std::span<double> out) const {
  Scratch variables{parsed_->variables.size()};
  for (std::size_t v = 0; v < parsed_->variables.size(); ++v)
    variables[v] = run(parsed_->variables[v], values);
  const std::size_t n_term = parsed_->terms.size();
  Scratch helping{parsed_->n_row - n_term};
  const auto row = [&](std::ptrdiff_t r) -> double& {
    const auto k = static_cast<std::size_t>(r);
    return k < n_term ? out[k] : helping[k - n_term];
  };
  for (const detail::TermProduct& p : parsed_->products) {
    const double left = p.left == detail::TermProduct::kOne ? 1.0 : row(p.left);
    row(p.to) = p.variable == detail::TermProduct::kOne
                    ? left
                    : left * variables[static_cast<std::size_t>(p.variable)];
  }
}

void Terms::evaluate_columns(std::span<const Column> columns, std::int64_t n_point, double* out,
                             std::int64_t stride) const {
  TermBlocks blocks{*parsed_, columns};
  std::vector<double> helping((parsed_->n_row - parsed_->terms.size()) *
                              static_cast<std::size_t>(TermBlocks::kBlock));
  std::vector<TermSlot> rows(parsed_->n_row);
  for (std::int64_t first = 0; first < n_point; first += TermBlocks::kBlock) {
    const std::int64_t n = std::min(TermBlocks::kBlock, n_point - first);
    detail::multiply_terms(*parsed_, blocks.variables(first, n), n, out + first, stride, helping,
                           rows);
  }
}

void Terms::evaluate_columns(std::span<const double* const> columns, std::int64_t n_point,
                             double* out, std::int64_t stride) const {
  std::vector<Column> as_columns;
  for (const double* c : columns) as_columns.push_back({.values = c});
  evaluate_columns(as_columns, n_point, out, stride);
}

void Terms::evaluate_variables(std::span<const Column> columns, std::int64_t n_point, double* out,
                               std::int64_t stride) const {
  TermBlocks blocks{*parsed_, columns};
  for (std::int64_t first = 0; first < n_point; first += TermBlocks::kBlock) {
    const std::int64_t n = std::min(TermBlocks::kBlock, n_point - first);
    const auto slots = blocks.variables(first, n);
    for (std::size_t v = 0; v < slots.size(); ++v) {
      double* to = out + static_cast<std::int64_t>(v) * stride + first;
      if (slots[v].is_scalar())
        std::fill_n(to, n, slots[v].scalar);
      else
        std::copy_n(slots[v].values, n, to);
    }
  }
}

void Terms::multiply_variables(const double* variables, std::int64_t variable_stride,
                               std::int64_t n_point, double* out, std::int64_t stride) const {
  std::vector<double> helping((parsed_->n_row - parsed_->terms.size()) *
                              static_cast<std::size_t>(TermBlocks::kBlock));
  std::vector<TermSlot> rows(parsed_->n_row);
  std::vector<TermSlot> slots(parsed_->variables.size());
  for (std::int64_t first = 0; first < n_point; first += TermBlocks::kBlock) {
    const std::int64_t n = std::min(TermBlocks::kBlock, n_point - first);
    for (std::size_t v = 0; v < slots.size(); ++v)
      slots[v] = {variables + static_cast<std::int64_t>(v) * variable_stride + first, 0.0};
    detail::multiply_terms(*parsed_, slots, n, out + first, stride, helping, rows);
  }
}

Eigen::MatrixXd Terms::design(std::span<const std::span<const double>> columns,
                              std::int64_t n_point) const {
  std::vector<Column> as_columns;
  for (const auto& c : columns) as_columns.push_back({.values = c.data()});
  Eigen::MatrixXd out(n_point, n_term());
  evaluate_columns(as_columns, n_point, out.data(), n_point);
  return out;
}

}  // namespace skyweft
