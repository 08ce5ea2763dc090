package mqtt

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// errRefused is the refusal of who edged is, which no retry changes soon.
var errRefused = errors.New("the broker refuses the connection")

// introduce says who edged is and waits for the broker's welcome.
func introduce(conn net.Conn, reader *bufio.Reader, cfg Config, will message) error {
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return err
	}
	if err := hello(cfg, will).Write(conn); err != nil {
		return err
	}
	packet, err := readPacket(reader)
	if err != nil {
		return fmt.Errorf("wait for welcome: %w", err)
	}
	welcome, ok := packet.(*packets.ConnackPacket)
	if !ok {
		return fmt.Errorf("wait for welcome: got %T", packet)
	}
	if err := refusal(welcome.ReturnCode); err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}

func hello(cfg Config, will message) *packets.ConnectPacket {
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion = "MQTT", 4
	p.CleanSession = true // what the outbox holds is better than what a broker kept
	p.Keepalive = uint16(max(1, cfg.KeepAlive/time.Second))
	p.ClientIdentifier = cfg.ClientID
	p.WillFlag, p.WillQos, p.WillRetain = true, 1, will.retained
	p.WillTopic, p.WillMessage = will.topic, will.payload
	p.UsernameFlag, p.Username = cfg.User != "", cfg.User
	p.PasswordFlag, p.Password = cfg.User != "" && cfg.Password != "", []byte(cfg.Password)
	return p
}

func refusal(code byte) error {
	switch code {
	case packets.Accepted:
		return nil
	case packets.ErrRefusedBadUsernameOrPassword, packets.ErrRefusedNotAuthorised:
		return fmt.Errorf("%w: wrong user name or password, or not authorised", errRefused)
	case packets.ErrRefusedIDRejected:
		return fmt.Errorf("%w: client id not accepted", errRefused)
	default:
		return fmt.Errorf("the broker is not ready: %w", packets.ConnErrors[code])
	}
}
