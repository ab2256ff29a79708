// The pgjdbc peer: a HikariCP pool and a thread for each caller, server-side prepared statements from the first use.
// Prints the same line as `tripool bench --json`.
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

public class Peer {
  static volatile int phase = 0;
  static long errors = 0;
  static double[] all = new double[0];

  static String textOf(String workload) {
    switch (workload) {
      case "select1": return "select ?::int";
      case "update": return "update pgbench_accounts set abalance = abalance + ? where aid = ?";
      case "rows1000":
        return "select aid, bid, abalance, filler from pgbench_accounts where aid >= ? order by aid limit 1000";
      default: return "select aid, abalance from pgbench_accounts where aid = ?";
    }
  }

  static boolean ask(HikariDataSource pool, String workload, int aid) throws Exception {
    try (Connection c = pool.getConnection(); PreparedStatement s = c.prepareStatement(textOf(workload))) {
      if (workload.equals("update")) {
        s.setInt(1, 1);
        s.setInt(2, aid);
        return s.executeUpdate() == 1;
      }
      s.setInt(1, aid);
      try (ResultSet r = s.executeQuery()) {
        int n = 0;
        boolean right = true;
        while (r.next()) {
          right &= r.getInt(1) == aid + n++;
          if (workload.equals("rows1000")) {
            r.getInt(3);
            right &= r.getInt(2) > 0 && r.getString(4).length() == 84;
          }
        }
        return right && n == (workload.equals("rows1000") ? 1000 : 1);
      }
    }
  }

  static synchronized void handIn(double[] mine, int n, long bad) {
    int at = all.length;
    all = Arrays.copyOf(all, at + n);
    System.arraycopy(mine, 0, all, at, n);
    errors += bad;
  }

  static double at(double p) {
    return all.length == 0 ? 0 : all[(int) (p * (all.length - 1))];
  }

  static double cpu() {
    var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return os.getProcessCpuTime() / 1e9;
  }

  static void caller(HikariDataSource pool, String workload, int accounts, long seed) {
    Random random = new Random(seed);
    double[] mine = new double[1024];
    int n = 0;
    long bad = 0;
    try {
      while (phase < 2) {
        int aid = random.nextInt(accounts) + 1;
        if (workload.equals("rows1000")) aid = Math.max(1, aid - 1000);
        long began = System.nanoTime();
        if (!ask(pool, workload, aid)) ++bad;
        if (phase != 1) continue;
        if (n == mine.length) mine = Arrays.copyOf(mine, 2 * n);
        mine[n++] = (System.nanoTime() - began) / 1000.0;
      }
    } catch (Exception e) {
      System.err.println("hikari: " + e);
      ++bad;
    }
    handIn(mine, n, bad);
  }

  public static void main(String[] argv) throws Exception {
    Map<String, String> o = new HashMap<>();
    for (int i = 0; i + 1 < argv.length; i += 2) o.put(argv[i].substring(2), argv[i + 1]);
    String workload = o.getOrDefault("workload", "point");
    int connections = Integer.parseInt(o.getOrDefault("connections", "10"));
    int callers = Integer.parseInt(o.getOrDefault("callers", "64"));
    double seconds = Double.parseDouble(o.getOrDefault("seconds", "2"));
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(o.get("jdbc"));
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(connections);
    config.setConnectionTimeout(60000);
    config.addDataSourceProperty("prepareThreshold", "1");
    config.addDataSourceProperty("binaryTransferEnable", "int4");
    HikariDataSource pool = new HikariDataSource(config);
    int accounts;
    try (Connection c = pool.getConnection();
         ResultSet r = c.createStatement().executeQuery("select max(aid) from pgbench_accounts")) {
      r.next();
      accounts = r.getInt(1);
    }
    Thread[] threads = new Thread[callers];
    for (int i = 0; i < callers; ++i) {
      final long seed = i + 1;
      threads[i] = new Thread(() -> caller(pool, workload, accounts, seed));
      threads[i].start();
    }
    Thread.sleep(1500); // The JIT needs longer to settle than the others.
    double spent = cpu();
    long began = System.nanoTime();
    phase = 1;
    Thread.sleep((long) (seconds * 1000));
    phase = 2;
    double elapsed = (System.nanoTime() - began) / 1e9;
    spent = cpu() - spent;
    for (Thread t : threads) t.join();
    Arrays.sort(all);
    long rss = 0;
    for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/self/status")))
      if (line.startsWith("VmHWM:")) rss = Long.parseLong(line.replaceAll("[^0-9]", ""));
    System.out.printf(java.util.Locale.ROOT,
        "{\"peer\":\"hikari-pgjdbc\",\"workload\":\"%s\",\"C\":%d,\"N\":%d,\"qps\":%f,\"p50_us\":%f,\"p99_us\":%f,"
        + "\"p999_us\":%f,\"errors\":%d,\"client_cpu_us_per_query\":%f,\"peak_rss_mb\":%f,\"total\":%d}%n",
        workload, connections, callers, all.length / elapsed, at(0.5), at(0.99), at(0.999), errors,
        spent * 1e6 / Math.max(1, all.length), rss / 1024.0, all.length);
    pool.close();
  }
}
