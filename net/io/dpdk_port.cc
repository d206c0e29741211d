// The environment's start, a port's start, and the burst; see dpdk_port.h.
#include "net/io/dpdk_port.h"

// DPDK 22.11 counts a volatile in a header, which C++20 deprecates.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvolatile"
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#pragma GCC diagnostic pop
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>

namespace tickgraph {
namespace {

// A burst of the largest datagrams there are.
constexpr size_t kJoinRoomBytes = size_t{DpdkPort::kBurstSize} * 65536;

// Once a process, whatever the answer: DPDK cannot be started a second time.
bool StartEnvironment(std::string* error) {
  static std::mutex mutex;
  static bool tried = false;
  static std::string failure;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!tried) {
    tried = true;
    cpu_set_t before;
    const bool saved = sched_getaffinity(0, sizeof(before), &before) == 0;
    std::vector<std::string> words = {"tickgraph", "--no-huge", "--no-pci",          "--no-shconf", "--no-telemetry",
                                      "-m",        "64",        "--log-level=error", "--lcores"};
    words.push_back("0@" + std::to_string(sched_getcpu()));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    rte_openlog_stream(stderr);
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
      failure = std::string("DPDK does not start: ") + rte_strerror(rte_errno);
    }
    // The environment pins its caller; on which cores a thread runs is the configuration's to say.
    if (saved) sched_setaffinity(0, sizeof(before), &before);
  }
  if (!failure.empty()) *error = failure;
  return failure.empty();
}

// The driver only logs why a file cannot be read; the user is told.
bool CheckPcapFile(const std::string& device, std::string* error) {
  const std::string key = ",rx_pcap=";
  const size_t at = device.find(key);
  if (at == std::string::npos) return true;
  const size_t begin = at + key.size();
  const std::string path = device.substr(begin, device.find(',', begin) - begin);
  if (access(path.c_str(), R_OK) == 0) return true;
  *error = "DPDK port " + device + ": " + path + ": cannot open: " + std::strerror(errno);
  return false;
}

uint64_t WallClockNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

std::unique_ptr<DpdkPort> DpdkPort::Open(const DpdkPortConfig& config, std::string* error) {
  if (!CheckPcapFile(config.device, error) || !StartEnvironment(error)) return nullptr;
  std::unique_ptr<DpdkPort> port(new DpdkPort(config.device));
  if (!port->Start(config, error)) return nullptr;
  return port;
}

bool DpdkPort::Start(const DpdkPortConfig& config, std::string* error) {
  const std::string prefix = "DPDK port " + device_ + ": ";
  device_name_ = device_.substr(0, device_.find(','));
  const std::string arguments = device_.size() > device_name_.size() ? device_.substr(device_name_.size() + 1) : "";
  uint16_t taken = 0;
  if (rte_eth_dev_get_port_by_name(device_name_.c_str(), &taken) == 0) {
    *error = prefix + "a port named " + device_name_ + " is already open";
    return false;
  }
  if (device_name_.empty()) {
    *error = prefix + "no device named";
    return false;
  }
  if (rte_eal_hotplug_add("vdev", device_name_.c_str(), arguments.c_str()) != 0) {
    *error = prefix + "no such driver, or it refuses its arguments (its own words stand above)";
    return false;
  }
  probed_ = true;
  if (rte_eth_dev_get_port_by_name(device_name_.c_str(), &port_id_) != 0) {
    *error = prefix + "the driver made no Ethernet port";
    return false;
  }
  return StartQueues(config, error);
}

bool DpdkPort::StartQueues(const DpdkPortConfig& config, std::string* error) {
  const std::string prefix = "DPDK port " + device_ + ": ";
  const auto fail = [&](const char* step, int code) {
    *error = prefix + step + ": " + rte_strerror(code < 0 ? -code : code);
    return false;
  };
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(port_id_, &info); code != 0) return fail("cannot be asked what it is", code);
  driver_name_ = info.driver_name != nullptr ? info.driver_name : "";
  if (info.max_rx_queues == 0) return fail("has no receive queue", ENOTSUP);
  const std::string pool_name = "rx_" + std::to_string(port_id_);
  pool_ = rte_pktmbuf_pool_create(pool_name.c_str(), config.mbuf_count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, rte_eth_dev_socket_id(port_id_));
  if (pool_ == nullptr) return fail("no memory for its packets", rte_errno);
  const uint16_t tx_queues = info.max_tx_queues != 0 ? 1 : 0;
  const rte_eth_conf conf{};
  if (const int code = rte_eth_dev_configure(port_id_, 1, tx_queues, &conf); code != 0) return fail("cannot be configured", code);
  const int socket = rte_eth_dev_socket_id(port_id_);
  const unsigned where = socket < 0 ? static_cast<unsigned>(SOCKET_ID_ANY) : static_cast<unsigned>(socket);
  if (const int code = rte_eth_rx_queue_setup(port_id_, 0, config.rx_descriptors, where, nullptr, pool_); code != 0) {
    return fail("cannot set up its receive queue", code);
  }
  if (tx_queues != 0) {
    if (const int code = rte_eth_tx_queue_setup(port_id_, 0, config.rx_descriptors, where, nullptr); code != 0) {
      return fail("cannot set up its transmit queue", code);
    }
  }
  if (const int code = rte_eth_dev_start(port_id_); code != 0) return fail("cannot be started", code);
  started_ = true;
  rte_eth_promiscuous_enable(port_id_);  // where a driver knows no such mode it delivers everything as it is
  // Other drivers stamp in units of a clock of their own.
  port_stamps_ = driver_name_ == "net_pcap" && rte_mbuf_dyn_rx_timestamp_register(&timestamp_offset_, &timestamp_flag_) == 0;
  join_room_.assign(kJoinRoomBytes, 0);
  return true;
}

DpdkPort::~DpdkPort() {
  FreeBurst();
  if (started_) rte_eth_dev_stop(port_id_);
  if (probed_) {
    rte_eth_dev_close(port_id_);
    rte_eal_hotplug_remove("vdev", device_name_.c_str());
  }
  rte_mempool_free(pool_);
}

void DpdkPort::FreeBurst() {
  if (held_ != 0) rte_pktmbuf_free_bulk(mbufs_.data(), held_);
  held_ = 0;
  join_used_ = 0;
}

PacketBurst DpdkPort::Poll() {
  FreeBurst();
  held_ = rte_eth_rx_burst(port_id_, 0, mbufs_.data(), kBurstSize);
  if (held_ == 0) return {nullptr, 0, SourceState::kIdle};
  const uint64_t now_ns = port_stamps_ ? 0 : WallClockNanoseconds();
  uint32_t count = 0;
  for (uint16_t i = 0; i < held_; ++i) {
    const rte_mbuf* mbuf = mbufs_[i];
    const uint64_t number = ++stats_.packets;
    stats_.bytes += mbuf->pkt_len;
    const uint8_t* data = mbuf->nb_segs == 1 ? rte_pktmbuf_mtod(mbuf, const uint8_t*) : Join(mbuf);
    if (data == nullptr) continue;
    uint64_t stamp = now_ns;
    if (port_stamps_ && (mbuf->ol_flags & timestamp_flag_) != 0) {
      stamp = *RTE_MBUF_DYNFIELD(mbuf, timestamp_offset_, const rte_mbuf_timestamp_t*) * 1000;
    }
    packets_[count++] = {.data = data,
                         .size = mbuf->pkt_len,
                         .original_size = mbuf->pkt_len,
                         .ts_recv_ns = stamp,
                         .number = number,
                         .file_offset = 0,
                         .layer = PacketLayer::kEthernet};
  }
  return {packets_.data(), count, SourceState::kMore};
}

const uint8_t* DpdkPort::Join(const rte_mbuf* mbuf) {
  if (mbuf->pkt_len > join_room_.size() - join_used_) {
    ++stats_.oversized_packets;
    return nullptr;
  }
  uint8_t* out = join_room_.data() + join_used_;
  join_used_ += mbuf->pkt_len;
  ++stats_.joined_packets;
  const void* joined = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, out);
  return static_cast<const uint8_t*>(joined);
}

uint64_t DpdkPort::MissedPackets() const {
  rte_eth_stats counters{};
  if (rte_eth_stats_get(port_id_, &counters) != 0) return 0;
  return counters.imissed + counters.ierrors + counters.rx_nombuf;
}

}  // namespace tickgraph
