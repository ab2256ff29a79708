// The pgx peer: pgxpool and goroutines, prepared statements by its own cache. Prints the same line as
// `tripool bench --json`.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

var texts = map[string]string{
	"select1":  "select $1::int",
	"point":    "select aid, abalance from pgbench_accounts where aid = $1",
	"update":   "update pgbench_accounts set abalance = abalance + $1 where aid = $2",
	"rows1000": "select aid, bid, abalance, filler from pgbench_accounts where aid >= $1 order by aid limit 1000",
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgx:", err)
		os.Exit(1)
	}
}

func ask(ctx context.Context, pool *pgxpool.Pool, workload string, aid int32) (bool, error) {
	if workload == "update" {
		tag, err := pool.Exec(ctx, texts[workload], int32(1), aid)
		return tag.RowsAffected() == 1, err
	}
	rows, err := pool.Query(ctx, texts[workload], aid)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	n, right := int32(0), true
	for rows.Next() {
		var id, bid, balance int32
		var filler string
		switch workload {
		case "select1":
			err = rows.Scan(&id)
		case "point":
			err = rows.Scan(&id, &balance)
		default:
			err = rows.Scan(&id, &bid, &balance, &filler)
			right = right && bid > 0 && len(filler) == 84
		}
		if err != nil {
			return false, err
		}
		right = right && id == aid+n
		n++
	}
	wanted := int32(1)
	if workload == "rows1000" {
		wanted = 1000
	}
	return right && n == wanted, rows.Err()
}

func cpu() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func main() {
	dsn := flag.String("dsn", "", "")
	workload := flag.String("workload", "point", "")
	connections := flag.Int("connections", 10, "")
	callers := flag.Int("callers", 64, "")
	seconds := flag.Float64("seconds", 2, "")
	flag.Parse()
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(*dsn)
	check(err)
	config.MaxConns, config.MinConns = int32(*connections), int32(*connections)
	pool, err := pgxpool.ConnectConfig(ctx, config)
	check(err)
	var accounts int32
	check(pool.QueryRow(ctx, "select max(aid) from pgbench_accounts").Scan(&accounts))

	var phase, errors int64
	var all []float64
	var mutex sync.Mutex
	var group sync.WaitGroup
	for i := 0; i < *callers; i++ {
		group.Add(1)
		go func(seed int64) {
			defer group.Done()
			random := rand.New(rand.NewSource(seed))
			var mine []float64
			for atomic.LoadInt64(&phase) < 2 {
				aid := random.Int31n(accounts) + 1
				if *workload == "rows1000" && aid > 1000 {
					aid -= 1000
				} else if *workload == "rows1000" {
					aid = 1
				}
				began := time.Now()
				right, err := ask(ctx, pool, *workload, aid)
				check(err)
				if atomic.LoadInt64(&phase) == 1 {
					mine = append(mine, float64(time.Since(began).Nanoseconds())/1000)
				}
				if !right {
					atomic.AddInt64(&errors, 1)
				}
			}
			mutex.Lock()
			all = append(all, mine...)
			mutex.Unlock()
		}(int64(i + 1))
	}
	time.Sleep(500 * time.Millisecond)
	spent, began := cpu(), time.Now()
	atomic.StoreInt64(&phase, 1)
	time.Sleep(time.Duration(*seconds * float64(time.Second)))
	atomic.StoreInt64(&phase, 2)
	elapsed := time.Since(began).Seconds()
	spent = cpu() - spent
	group.Wait()
	sort.Float64s(all)
	at := func(p float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return all[int(p*float64(len(all)-1))]
	}
	n := float64(len(all))
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	line, _ := json.Marshal(map[string]interface{}{
		"peer": "pgx", "workload": *workload, "C": *connections, "N": *callers, "qps": n / elapsed,
		"p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999), "errors": errors,
		"client_cpu_us_per_query": spent * 1e6 / n, "peak_rss_mb": float64(r.Maxrss) / 1024, "total": len(all)})
	fmt.Println(string(line))
}
