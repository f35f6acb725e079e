//go:build tools

// Package cluster pins what an API server of Kubernetes is built of, for the test that applies containers/ to one.
package cluster

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
