// The tokio-postgres peer: clients that pipeline by themselves, callers spread over them, prepared statements.
// Prints the same line as `tripool bench --json`.
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, Statement};

fn text_of(workload: &str) -> &'static str {
    match workload {
        "select1" => "select $1::int",
        "update" => "update pgbench_accounts set abalance = abalance + $1 where aid = $2",
        "rows1000" => "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000",
        _ => "select aid, abalance from pgbench_accounts where aid = $1",
    }
}

async fn ask(client: &Client, statement: &Statement, workload: &str, aid: i32) -> bool {
    if workload == "update" {
        return client.execute(statement, &[&1i32, &aid]).await.expect("update") == 1;
    }
    let rows = client.query(statement, &[&aid]).await.expect("query");
    if workload != "rows1000" {
        return rows.len() == 1 && rows[0].get::<_, i32>(0) == aid;
    }
    rows.len() == 1000
        && rows.iter().enumerate().all(|(i, r)| {
            r.get::<_, i32>(0) == aid + i as i32
                && r.get::<_, i32>(1) > 0
                && r.get::<_, i32>(2) > i32::MIN
                && r.get::<_, &str>(3).len() == 84
        })
}

fn usage() -> (f64, f64) {
    let mut r: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut r) };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    (seconds(r.ru_utime) + seconds(r.ru_stime), r.ru_maxrss as f64 / 1024.0)
}

#[tokio::main]
async fn main() {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let options: HashMap<&str, &str> =
        all.chunks(2).filter(|x| x.len() == 2).map(|x| (&x[0][2..], x[1].as_str())).collect();
    let dsn = options["dsn"].to_string();
    let workload = options.get("workload").unwrap_or(&"point").to_string();
    let connections: usize = options.get("connections").map_or(10, |x| x.parse().expect("--connections"));
    let callers: usize = options.get("callers").map_or(64, |x| x.parse().expect("--callers"));
    let seconds: f64 = options.get("seconds").map_or(2.0, |x| x.parse().expect("--seconds"));

    let mut clients = Vec::new();
    let mut accounts = 0i32;
    for _ in 0..connections {
        let (client, connection) = tokio_postgres::connect(&dsn, NoTls).await.expect("connect");
        tokio::spawn(async move {
            let _ = connection.await;
        });
        accounts = client.query_one("select max(aid) from pgbench_accounts", &[]).await.expect("accounts").get(0);
        let statement = client.prepare(text_of(&workload)).await.expect("prepare");
        clients.push(Arc::new((client, statement)));
    }
    let phase = Arc::new(AtomicUsize::new(0));
    let errors = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for i in 0..callers {
        let (client, phase, errors) = (clients[i % connections].clone(), phase.clone(), errors.clone());
        let workload = workload.clone();
        tasks.push(tokio::spawn(async move {
            let mut random = rand::rngs::StdRng::seed_from_u64(i as u64);
            let mut mine = Vec::new();
            while phase.load(Ordering::Relaxed) < 2 {
                let mut aid = random.gen_range(1..=accounts);
                if workload == "rows1000" {
                    aid = (aid - 1000).max(1);
                }
                let began = Instant::now();
                let right = ask(&client.0, &client.1, &workload, aid).await;
                if phase.load(Ordering::Relaxed) == 1 {
                    mine.push(began.elapsed().as_nanos() as f64 / 1000.0);
                }
                if !right {
                    errors.fetch_add(1, Ordering::Relaxed);
                }
            }
            mine
        }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (cpu, began) = (usage().0, Instant::now());
    phase.store(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    phase.store(2, Ordering::Relaxed);
    let (elapsed, spent) = (began.elapsed().as_secs_f64(), usage().0 - cpu);
    let mut latencies = Vec::new();
    for t in tasks {
        latencies.extend(t.await.expect("caller"));
    }
    latencies.sort_by(|x, y| x.total_cmp(y));
    let n = latencies.len();
    let at = |p: f64| if n == 0 { 0.0 } else { latencies[(p * (n - 1) as f64) as usize] };
    println!(
        "{{\"peer\":\"tokio-postgres\",\"workload\":\"{}\",\"C\":{},\"N\":{},\"qps\":{},\"p50_us\":{},\"p99_us\":{},\
         \"p999_us\":{},\"errors\":{},\"client_cpu_us_per_query\":{},\"peak_rss_mb\":{},\"total\":{}}}",
        workload, connections, callers, n as f64 / elapsed, at(0.5), at(0.99), at(0.999),
        errors.load(Ordering::Relaxed), spent * 1e6 / n as f64, usage().1, n
    );
}
