// The figures as JSON and as text.
#include "service/bench/report.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>

namespace tripool::bench {

namespace {

rusage usage() {
  rusage r{};
  getrusage(RUSAGE_SELF, &r);
  return r;
}

nlohmann::ordered_json figures(const measurement& m) {
  const auto n = static_cast<double>(m.latencies.count());
  nlohmann::ordered_json j;
  j["peer"] = m.peer;
  j["workload"] = m.workload;
  j["mode"] = m.mode;
  j["C"] = m.connections;
  j["N"] = m.callers;
  if (m.loops > 1) j["loops"] = m.loops;
  if (m.resilient) j["resilient"] = true;
  if (m.rate > 0) j["rate"] = m.rate;
  j["qps"] = m.seconds > 0 ? n / m.seconds : 0.0;
  j["p50_us"] = m.latencies.percentile_us(0.5);
  j["p99_us"] = m.latencies.percentile_us(0.99);
  j["p999_us"] = m.latencies.percentile_us(0.999);
  j["errors"] = m.errors;
  if (m.rate > 0) j["unanswered"] = m.unanswered;
  j["client_cpu_us_per_query"] = n > 0 ? m.client_cpu_seconds * 1e6 / n : 0.0;
  j["peak_rss_mb"] = static_cast<double>(usage().ru_maxrss) / 1024.0;
  j["total"] = m.latencies.count();
  if (!m.first_error.empty()) j["first_error"] = m.first_error;
  return j;
}

} // namespace

double cpu_seconds_so_far() {
  const auto r = usage();
  return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec)
         + static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

std::string to_json(const measurement& m) {
  return figures(m).dump();
}

std::string to_text(const measurement& m) {
  std::string out;
  for (const auto& [key, value] : figures(m).items())
    out += key + std::string(key.size() < 24 ? 24 - key.size() : 1, ' ') + value.dump() + "\n";
  return out;
}

} // namespace tripool::bench
