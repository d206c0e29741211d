#include "net/io/pcap_port.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstring>

#include "net/io/file/capture_format.h"

namespace tickgraph {

std::unique_ptr<PcapPort> PcapPort::Open(const PcapPortConfig& config, std::string* error) {
  std::unique_ptr<PcapPort> port(new PcapPort);
  if (port->Start(config, error)) return port;
  *error = "capture on " + config.interface + ": " + *error;
  return nullptr;
}

PcapPort::~PcapPort() {
  if (handle_ != nullptr) pcap_close(handle_);
}

bool PcapPort::Start(const PcapPortConfig& config, std::string* error) {
  char text[PCAP_ERRBUF_SIZE] = {};
  handle_ = pcap_create(config.interface.c_str(), text);
  if (handle_ == nullptr) {
    *error = text;
    return false;
  }
  pcap_set_snaplen(handle_, static_cast<int>(config.snap_bytes));
  pcap_set_buffer_size(handle_, static_cast<int>(std::min<uint32_t>(config.buffer_bytes, INT32_MAX)));
  pcap_set_promisc(handle_, 1);
  pcap_set_immediate_mode(handle_, 1);
  pcap_set_tstamp_precision(handle_, PCAP_TSTAMP_PRECISION_NANO);
  if (const int code = pcap_activate(handle_); code < 0) {
    *error = pcap_geterr(handle_);
    if (error->empty()) *error = pcap_statustostr(code);
    return false;
  }
  if (pcap_setnonblock(handle_, 1, text) != 0) {
    *error = text;
    return false;
  }
  const auto layer = LayerOfLinkType(static_cast<uint32_t>(pcap_datalink(handle_)));
  if (!layer.has_value() || pcap_get_tstamp_precision(handle_) != PCAP_TSTAMP_PRECISION_NANO) {
    *error = layer.has_value() ? "no stamps in nanoseconds" : "a link type that holds no IP packets";
    return false;
  }
  layer_ = *layer;
  pcap_setdirection(handle_, PCAP_D_IN);  // where that is not known, what we send ourselves is seen and passed over
  if (!config.filter.empty() && !SetFilter(config.filter, error)) return false;
  snap_bytes_ = config.snap_bytes;
  room_.Allocate(size_t{snap_bytes_} * kBurstSize);
  return true;
}

bool PcapPort::SetFilter(const std::string& filter, std::string* error) {
  bpf_program program{};
  bool good = pcap_compile(handle_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (good) {
    good = pcap_setfilter(handle_, &program) == 0;
    pcap_freecode(&program);
  }
  if (!good) *error = "filter '" + filter + "': " + pcap_geterr(handle_);
  return good;
}

PacketBurst PcapPort::Poll() {
  count_ = 0;
  ++stats_.dispatch_calls;
  const int got = pcap_dispatch(
      handle_, kBurstSize,
      [](u_char* self, const pcap_pkthdr* header, const u_char* data) {
        // With stamps in nanoseconds tv_usec holds those.
        reinterpret_cast<PcapPort*>(self)->Keep(static_cast<uint32_t>(header->ts.tv_sec), static_cast<uint32_t>(header->ts.tv_usec),
                                                header->caplen, header->len, data);
      },
      reinterpret_cast<u_char*>(this));
  stats_.errors += got < 0;
  return {packets_.data(), count_, count_ != 0 ? SourceState::kMore : SourceState::kIdle};
}

void PcapPort::Keep(uint32_t seconds, uint32_t nanoseconds, uint32_t size, uint32_t original_size, const uint8_t* data) {
  if (count_ == kBurstSize) return;
  size = std::min(size, snap_bytes_);
  uint8_t* const out = room_.data() + size_t{count_} * snap_bytes_;
  std::memcpy(out, data, size);
  ++stats_.packets;
  stats_.bytes += size;
  packets_[count_++] = {.data = out,
                        .size = size,
                        .original_size = original_size,
                        .ts_recv_ns = uint64_t{seconds} * 1'000'000'000 + nanoseconds,
                        .number = stats_.packets,
                        .file_offset = 0,
                        .layer = layer_};
}

uint64_t PcapPort::MissedPackets() const {
  pcap_stat counters{};
  if (pcap_stats(handle_, &counters) != 0) return 0;
  return uint64_t{counters.ps_drop} + counters.ps_ifdrop;
}

}  // namespace tickgraph
