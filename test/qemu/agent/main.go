// Command agent runs commands in an emulated machine for a test outside. Each connection is one command: the words of it
// come as one line of JSON, what it prints goes back, and behind that a zero byte and its exit code.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
)

func main() {
	listener, err := net.Listen("tcp", ":1022")
	if err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "agent:", err)
			os.Exit(1)
		}
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	var words []string
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &words)
	}
	if err != nil || len(words) == 0 {
		fmt.Fprintf(conn, "no command: %v\x00-1\n", err)
		return
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin"}
	cmd.Stdout, cmd.Stderr = conn, conn
	code := 0
	if err := cmd.Run(); err != nil {
		code = -1
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else {
			fmt.Fprintln(conn, err)
		}
	}
	fmt.Fprintf(conn, "\x00%d\n", code)
}
