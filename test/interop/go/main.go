// Checks a custody log with Go's sumdb packages, which share no code with ours: that its checkpoints are signed, that every
// record listed is in the tree, and that every older tree grew into the newest.
//
// The hashes and proofs of sumdb are those of RFC 6962, as ours are: a record hash is SHA-256(0x00 || record). What differs is
// how things are named and laid out, and this program does it over:
//
//   - a tile of sumdb is tile/8/<L>/<N>, C2SP leaves the height out: tile/<L>/<N>; the bytes are the same;
//   - records of sumdb are lines of text in tile/8/data/<N>; C2SP has tile/entries/<N>, each entry behind a big-endian uint16;
//   - a tree note of sumdb begins "go.sum database tree", which tlog.ParseTree insists on; a checkpoint begins with its origin;
//   - the empty tree has the zero hash in sumdb and SHA-256 of nothing in RFC 6962, so that the empty tree is left out.
//
// Usage: main FOLDER. What was checked is written as JSON; the first fault ends it, with a status of 1.
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

type proofs struct {
	Inclusion []struct {
		Index  int64
		Hashes []tlog.Hash
	}
	Consistency []struct {
		Size   int64
		Hashes []tlog.Hash
	}
}

type report struct {
	Origin  string    `json:"origin"`
	Size    int64     `json:"size"`
	Root    tlog.Hash `json:"root"`
	Records int       `json:"records"`
	Trees   int       `json:"trees"`
	// The newest checkpoint as Go signs it with the log's key.
	Signed string `json:"signed"`
}

type folder string

func (f folder) read(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
}

// Height and the two below make the folder a tlog.TileReader.
func (f folder) Height() int { return tileHeight }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		bytes, err := f.read(path)
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

// checkpoint opens the note of a size; it is the log's or it is an error.
func (f folder) checkpoint(name string, verifier note.Verifier) (string, tlog.Tree, error) {
	message, err := f.read(name)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return "", tlog.Tree{}, fmt.Errorf("%s: %w", name, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return "", tlog.Tree{}, fmt.Errorf("%s: not three lines under the log's name", name)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return opened.Text, tlog.Tree{N: size, Hash: root}, err
}

// entry reads one out of its bundle.
func (f folder) entry(index, size int64) ([]byte, error) {
	const width = 1 << tileHeight
	bundle := tlog.Tile{H: tileHeight, L: -1, N: index / width, W: width}
	if size-bundle.N*width < width {
		bundle.W = int(size - bundle.N*width)
	}
	path := strings.Replace(bundle.Path(), fmt.Sprintf("tile/%d/data/", tileHeight), "tile/entries/", 1)
	data, err := f.read(path)
	if err != nil {
		return nil, err
	}
	for at := index % width; ; at-- {
		if len(data) < 2 {
			return nil, errors.New(path + " is cut short")
		}
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			return nil, errors.New(path + " is cut short")
		}
		if at == 0 {
			return data[2 : 2+length], nil
		}
		data = data[2+length:]
	}
}

func check(f folder) (*report, error) {
	keys := map[string]string{}
	for _, name := range []string{"verifier-key", "signing-key"} {
		text, err := f.read(name)
		if err != nil {
			return nil, err
		}
		keys[name] = strings.TrimSpace(string(text))
	}
	verifier, err := note.NewVerifier(keys["verifier-key"])
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(keys["signing-key"])
	if err != nil {
		return nil, err
	}
	text, tree, err := f.checkpoint("checkpoint", verifier)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, err
	}
	claimed, err := f.read("proofs.json")
	if err != nil {
		return nil, err
	}
	var ours proofs
	if err := json.Unmarshal(claimed, &ours); err != nil {
		return nil, err
	}

	// It authenticates tiles by the root before it uses them, in x/mod 0.7 not all of them: when subtrees of the root share a
	// tile, it passes over as many of the others. What it proves is therefore compared with proofs that were checked.
	hashes := tlog.TileHashReader(tree, f)
	for _, claim := range ours.Inclusion {
		entry, err := f.entry(claim.Index, tree.N)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckRecord(claim.Hashes, tree.N, tree.Hash, claim.Index, tlog.RecordHash(entry)); err != nil {
			return nil, fmt.Errorf("our proof of record %d: %w", claim.Index, err)
		}
		proof, err := tlog.ProveRecord(tree.N, claim.Index, hashes)
		if err != nil {
			return nil, fmt.Errorf("Go's proof of record %d: %w", claim.Index, err)
		}
		if !reflect.DeepEqual([]tlog.Hash(proof), claim.Hashes) {
			return nil, fmt.Errorf("our proof of record %d is not Go's", claim.Index)
		}
	}
	for _, claim := range ours.Consistency {
		_, older, err := f.checkpoint(fmt.Sprintf("checkpoint.%d", claim.Size), verifier)
		if err != nil {
			return nil, err
		}
		if older.N != claim.Size {
			return nil, fmt.Errorf("checkpoint.%d is of size %d", claim.Size, older.N)
		}
		if err := tlog.CheckTree(claim.Hashes, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			return nil, fmt.Errorf("our proof from size %d: %w", claim.Size, err)
		}
		proof, err := tlog.ProveTree(tree.N, older.N, hashes)
		if err != nil {
			return nil, fmt.Errorf("Go's proof from size %d: %w", claim.Size, err)
		}
		if len(proof)+len(claim.Hashes) > 0 && !reflect.DeepEqual([]tlog.Hash(proof), claim.Hashes) {
			return nil, fmt.Errorf("our proof from size %d is not Go's", claim.Size)
		}
	}
	return &report{verifier.Name(), tree.N, tree.Hash, len(ours.Inclusion), len(ours.Consistency), string(signed)}, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: main FOLDER")
		os.Exit(2)
	}
	found, err := check(folder(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
