#include "tools/measure/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace tickgraph {
namespace {

constexpr int kLeft = 66, kRight = 18, kTop = 14, kBottom = 44;

__attribute__((format(printf, 1, 2))) std::string Text(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

// Three digits at most, no trailing zeros after the point.
std::string Short(double value) {
  const int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  std::string text = Text("%.*f", digits, value);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string NanosText(double nanos) {
  if (nanos < 999.5) return Short(nanos) + " ns";
  if (nanos < 999.5e3) return Short(nanos / 1e3) + " µs";
  if (nanos < 999.5e6) return Short(nanos / 1e6) + " ms";
  return Short(nanos / 1e9) + " s";
}

std::string CountText(double count) {
  if (count < 9999.5) return Short(count);
  if (count < 999.5e3) return Short(count / 1e3) + " k";
  if (count < 999.5e6) return Short(count / 1e6) + " M";
  return Short(count / 1e9) + " G";
}

double Axis::Share(double value) const {
  const double share = logarithmic ? std::log(std::max(value, low) / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(share, 0.0, 1.0);
}

Axis NanosAxis(double low, double high) {
  Axis axis;
  axis.logarithmic = true;
  axis.low = std::pow(10, std::floor(std::log10(std::max(low, 1.0))));
  axis.high = std::max(std::pow(10, std::ceil(std::log10(std::max(high, 1.0) * 1.001))), axis.low * 10);
  double tick = axis.low;
  while (tick <= axis.high * 1.01) {
    axis.ticks.emplace_back(tick, NanosText(tick));
    tick *= 10;
  }
  return axis;
}

Axis PercentileAxis(double most) {
  Axis axis;
  axis.logarithmic = true;
  axis.low = 1;
  axis.high = std::max(most, 10.0);
  axis.ticks = {{1, "0%"}, {2, "50%"}};
  double tick = 10;
  for (size_t nines = 1; tick <= axis.high * 1.001; ++nines) {
    axis.ticks.emplace_back(tick, nines == 1 ? "90%" : nines == 2 ? "99%" : "99." + std::string(nines - 2, '9') + "%");
    tick *= 10;
  }
  axis.title = "percentile";
  return axis;
}

Axis LinearAxis(double high, const std::string& title, std::string (*text)(double)) {
  Axis axis;
  axis.high = high > 0 ? high : 1;
  const double rough = axis.high / 6, decade = std::pow(10, std::floor(std::log10(rough))), lead = rough / decade;
  const double step = decade * (lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1);
  const int last = static_cast<int>(axis.high * 1.0001 / step);
  for (int i = 0; i <= last; ++i) axis.ticks.emplace_back(i * step, text(i * step));
  axis.title = title;
  return axis;
}

SvgChart::SvgChart(int width, int height, Axis x, Axis y) : width_(width), height_(height), x_(std::move(x)), y_(std::move(y)) {}

double SvgChart::X(double value) const { return kLeft + x_.Share(value) * (width_ - kLeft - kRight); }
double SvgChart::Y(double value) const { return height_ - kBottom - y_.Share(value) * (height_ - kTop - kBottom); }

void SvgChart::Line(const Points& points, const std::string& css, const std::string& label, bool steps) {
  if (points.empty()) return;
  std::string path;
  for (size_t i = 0; i < points.size(); ++i) {
    if (steps && i > 0) path += Text("H%.1f", X(points[i].first));
    path += Text("%c%.1f %.1f", i == 0 ? 'M' : 'L', X(points[i].first), Y(points[i].second));
  }
  body_ += "<path class=\"line " + css + "\" d=\"" + path + "\"><title>" + EscapeHtml(label) + "</title></path>\n";
}

void SvgChart::Bars(const Points& points, const std::string& css) {
  std::string path;
  for (const auto& [x, y] : points) path += Text("M%.1f %.1fV%.1f", X(x), static_cast<double>(height_ - kBottom), Y(y));
  body_ += "<path class=\"bars " + css + "\" d=\"" + path + "\"/>\n";
}

void SvgChart::Mark(double x, double y, const std::string& css, const std::string& label, bool with_text) {
  body_ += Text("<circle class=\"mark %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>", css.c_str(), X(x), Y(y)) + EscapeHtml(label) +
           "</title></circle>\n";
  if (!with_text) return;
  // Above its point, moved up over labels that are in the way, and never out of the picture.
  constexpr double kLetter = 6.2, kLineHeight = 14;
  const double half = 0.5 * kLetter * static_cast<double>(label.size());
  const double middle = std::clamp(X(x), kLeft + half, width_ - kRight - half);
  double base = Y(y) - 9;
  const auto in_the_way = [&](const Placed& other) {
    return std::abs(other.middle - middle) < other.half + half + 6 && std::abs(other.base - base) < kLineHeight;
  };
  while (std::ranges::any_of(labels_, in_the_way)) base -= kLineHeight;
  labels_.push_back({middle, base, half});
  body_ += Text("<text class=\"marktext\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", middle, base) + EscapeHtml(label) + "</text>\n";
}

void SvgChart::VerticalRule(double x, const std::string& label) {
  const bool right_half = X(x) > 0.6 * width_;
  body_ += Text("<path class=\"rule\" d=\"M%.1f %dV%d\"/><text class=\"marktext\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", X(x), kTop,
                height_ - kBottom, X(x) + (right_half ? -6 : 6), kTop + 12, right_half ? "end" : "start") +
           EscapeHtml(label) + "</text>\n";
}

std::string SvgChart::Render(const std::string& description) const {
  std::string out = Text("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width_, height_) + EscapeHtml(description) + "\">\n";
  for (const auto& [value, label] : y_.ticks)
    out += Text("<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", kLeft, Y(value),
                width_ - kRight, kLeft - 8, Y(value) + 4) +
           label + "</text>\n";
  for (const auto& [value, label] : x_.ticks)
    out += Text("<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", X(value), kTop,
                height_ - kBottom, X(value), height_ - kBottom + 17) +
           label + "</text>\n";
  out += Text("<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (kLeft + width_ - kRight) / 2, height_ - 8) +
         EscapeHtml(x_.title) + "</text>\n";
  return out + body_ + "</svg>\n";
}

}  // namespace tickgraph
