// From events to what is written on the stream. Holds the state of the line that is drawn over; asks neither
// clock nor terminal: both are handed in.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "plugins/logger/progress/line.hpp"
#include "plugins/logger/progress/pace.hpp"

namespace gistmill::progress {

class View {
 public:
  // interval: seconds between two plain lines. unit: what items are called.
  View(Look look, double interval, const std::string& unit);

  // The bytes to write for this event, often none. now: seconds of any clock that only goes forward; width:
  // columns. Kinds that are not shown and keys that are missing are passed over.
  std::string on_event(const nlohmann::json& event, double now, int width);

  // The bytes that leave the cursor at the beginning of a line. Call it when nothing more comes.
  std::string finish();

 private:
  std::string run_started(const nlohmann::json& event);
  std::string stage_started(const nlohmann::json& event, double now, int width);
  std::string step(const nlohmann::json& event, double now, int width);
  std::string stage_finished(const nlohmann::json& event, int width);
  std::string progress(const nlohmann::json& event, double now, int width);
  std::string evaluation(const nlohmann::json& event);
  std::string decision(const nlohmann::json& event);
  std::string message(const nlohmann::json& event);

  std::vector<Part> step_parts(const std::string& last) const;
  std::string redraw(const std::string& line, double now, bool always);
  std::string lasting(const std::string& text);  // a line that stays; the drawn one moves below it

  Look look_;
  double interval_;
  std::string unit_;

  std::string drawn_;        // the line on the terminal that the next one replaces
  bool passing_ = false;     // it says nothing once it is over
  double last_drawn_ = 0.0;  // when it was drawn
  double last_plain_ = 0.0;  // when the last plain line was written

  std::string stage_;
  std::int64_t step_ = 0;
  std::int64_t steps_ = 0;
  double loss_ = 0.0;         // smoothed
  double utilization_ = 0.0;  // 0: unknown
  Pace items_;
  Pace pace_;  // steps
  bool stepped_ = false;
};

}  // namespace gistmill::progress
